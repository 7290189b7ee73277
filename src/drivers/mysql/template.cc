#include "drivers/mysql/template.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "drivers/mysql/admin.h"
#include "drivers/mysql/config.h"
#include "drivers/mysql/server_process.h"
#include "drivers/mysql/tree.h"

namespace terrarium::mysql {
namespace {

constexpr const char* kZoneInfo = "/usr/share/zoneinfo";

Result<Template> LoadTemplate(const std::string& folder) {
  TRY_ASSIGN(const std::string text, ReadFile(folder + "/parameters.json"));
  TRY_ASSIGN(ParameterCatalog parameters, ParameterCatalog::Read(text));
  return Template{folder + "/data", std::move(parameters)};
}

// The variables that SET GLOBAL accepts: tried, since the server has no list of them. Setting one to what it is changes nothing.
Result<std::vector<std::string>> StaticVariables(const Admin& admin, const std::vector<std::vector<std::string>>& metadata) {
  std::vector<std::string> fixed;
  Sql sql;
  // A procedure cannot PREPARE what fails and go on, but a handler can.
  sql.Text("CREATE TEMPORARY TABLE mysql.terrarium_static (name VARCHAR(64))").End();
  sql.Text("DELIMITER //\n");
  sql.Text(
      "CREATE PROCEDURE mysql.terrarium_try(IN variable VARCHAR(64)) BEGIN\n"
      "  DECLARE EXIT HANDLER FOR 1238, 1193, 1231 INSERT INTO mysql.terrarium_static VALUES (variable);\n"
      "  DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;\n"
      "  SET @statement = CONCAT('SET GLOBAL `', variable, '` = @@GLOBAL.`', variable, '`');\n"
      "  PREPARE attempt FROM @statement; EXECUTE attempt; DEALLOCATE PREPARE attempt;\n"
      "END//\nDELIMITER ;\n");
  for (const auto& row : metadata) {
    if (row.size() > 1 && row[1] != "SESSION_ONLY") sql.Text("CALL mysql.terrarium_try(").Literal(row[0]).Text(")").End();
  }
  sql.Text("SELECT name FROM mysql.terrarium_static").End();
  sql.Text("DROP PROCEDURE mysql.terrarium_try").End();
  TRY_ASSIGN(const auto rows, admin.Query(sql));
  for (const auto& row : rows) {
    if (!row.empty()) fixed.push_back(row[0]);
  }
  return fixed;
}

Result<ParameterCatalog> ReadParameters(const Admin& admin) {
  Sql metadata;
  metadata.Text(
      "SELECT m.VARIABLE_NAME, m.VARIABLE_SCOPE, m.DATA_TYPE, m.MIN_VALUE, m.MAX_VALUE, m.DOCUMENTATION, COALESCE(g.VARIABLE_VALUE, '') "
      "FROM performance_schema.variables_metadata m LEFT JOIN performance_schema.global_variables g USING (VARIABLE_NAME) ORDER BY 1").End();
  TRY_ASSIGN(const auto rows, admin.Query(metadata));
  TRY_ASSIGN(const auto fixed, StaticVariables(admin, rows));
  ParameterCatalog catalog;
  for (const auto& row : rows) {
    if (row.size() != 7 || row[1] == "SESSION_ONLY") continue;
    const bool dynamic = std::ranges::find(fixed, row[0]) == fixed.end();
    catalog.Add({row[0], row[2], row[3], row[4], row[6], row[5], dynamic});
  }
  if (catalog.facts().empty()) return Fail(ErrorKind::kUnavailable, "the database server does not tell its parameters");
  return catalog;
}

// Everything in one folder that the template's user owns, so that nothing else of the machine is touched.
struct Workplace {
  std::string folder;
  std::string Data() const { return folder + "/data"; }
  std::string Config() const { return folder + "/my.cnf"; }
  std::string Options() const { return folder + "/admin.cnf"; }
  std::string Socket() const { return folder + "/s"; }
};

std::string RenderConfig(const Workplace& place, const Program& program) {
  MyCnf config;
  SetProgramOptions(config, program);
  config.Set("datadir", place.Data());
  config.Set("socket", place.Socket());
  config.Set("pid_file", place.folder + "/pid");
  config.Set("log_error", place.folder + "/error.log");
  config.Set("tmpdir", place.folder);
  config.Set("skip_networking", "ON");
  config.Set("skip_log_bin", "ON");
  config.Set("auto_generate_certs", "OFF");
  config.Set("caching_sha2_password_auto_generate_rsa_keys", "OFF");
  config.Set("innodb_fast_shutdown", "0");
  config.Set("innodb_buffer_pool_dump_at_shutdown", "OFF");
  return config.Render();
}

Status Initialize(const Workplace& place, const Program& program, uid_t user) {
  runtime::Command command = program.Run(program.server, {"--defaults-file=" + place.Config(), "--initialize-insecure", "--innodb-redo-log-capacity=8M"});
  command.uid = user;
  command.gid = user;
  TRY_ASSIGN(const runtime::ProgramOutput done, runtime::RunProgram(std::move(command), {}, {.timeout = Millis(300'000)}));
  if (done.exit.ok()) return {};
  return Fail(ErrorKind::kUnavailable, "a data folder cannot be made", Tail(place.folder + "/error.log"));
}

Status LoadTimeZones(const Workplace& place, const Program& program, uid_t user) {
  if (::access(kZoneInfo, R_OK) != 0) return {};  // then CONVERT_TZ knows offsets only, as MySQL documents
  const runtime::RunLimits limits{.timeout = Millis(300'000), .output = 64u << 20};
  runtime::Command print = program.Run(program.time_zones, {kZoneInfo});
  print.uid = user;
  print.gid = user;
  TRY_ASSIGN(const std::string statements, runtime::RunToSuccess(std::move(print), {}, limits));
  runtime::Command load = program.Run(program.client, {"--defaults-file=" + place.Options(), "mysql"});
  load.uid = user;
  load.gid = user;
  TRY_ASSIGN(const std::string said, runtime::RunToSuccess(std::move(load), statements, limits));
  static_cast<void>(said);
  return {};
}

Result<ParameterCatalog> FillTemplate(const Workplace& place, const Program& program, uid_t user) {
  TRY(LoadTimeZones(place, program, user));
  const Admin admin(program, user, place.Options());
  Sql hashing;
  hashing.Text("INSTALL COMPONENT 'file://component_classic_hashing'").End();
  TRY(admin.Run(hashing));
  return ReadParameters(admin);
}

Result<ParameterCatalog> Make(const Workplace& place, const Program& program, uid_t user, const ControlGroup& group) {
  TRY(WriteFileFor(place.Config(), RenderConfig(place, program), user, 0400));
  TRY(WriteFileFor(place.Options(), "[client]\nuser=root\nsocket=\"" + place.Socket() + "\"\n", user, 0400));
  TRY(Initialize(place, program, user));
  const ServerStart start{.program = &program, .config = place.Config(), .user = user, .socket_for_news = place.folder + "/n",
                          .console = place.folder + "/console.log", .group = &group};
  TRY_ASSIGN(runtime::DetachedProcess server, StartServer(start));
  auto parameters = FillTemplate(place, program, user);
  TRY(StopServer(server, parameters ? Millis(120'000) : Millis(0)));
  if (parameters) {
    // A server's identity, made anew by each copy.
    if (::unlink((place.Data() + "/auto.cnf").c_str()) != 0 && errno != ENOENT) return SystemFail("auto.cnf", errno);
  }
  return parameters;
}

}  // namespace

Status ClearTemplateMaking(const Layout& layout, const std::string& cgroup_mount, const std::string& instance) {
  const ControlGroup group(cgroup_mount, instance, "template");
  TRY(ClearGroup(group));
  TRY(group.Remove());
  return RemoveTree(layout.Templates() + "/new");
}

Result<Template> EnsureTemplate(const Layout& layout, const Program& program, uid_t user, const std::string& cgroup_mount, const std::string& instance) {
  const std::string folder = layout.Templates() + "/" + program.content;
  if (::access((folder + "/parameters.json").c_str(), F_OK) == 0) return LoadTemplate(folder);
  TRY(MakeDirectories(layout.Templates(), 0711));
  // A short name: the path of a socket below it is limited.
  const Workplace place{layout.Templates() + "/new"};
  const ControlGroup group(cgroup_mount, instance, "template");
  TRY(ClearGroup(group));
  TRY(RemoveTree(place.folder));
  TRY(EnsureFolder(place.folder, user, 0700));
  TRY(EnsureFolder(place.Data(), user, 0700));
  TRY(group.Ensure({.memory_mib = 2048}));
  auto parameters = Make(place, program, user, group);
  TRY(ClearGroup(group));
  TRY(group.Remove());
  if (!parameters) {
    TRY(RemoveTree(place.folder));
    return std::unexpected(parameters.error());
  }
  TRY(RemoveTree(folder));
  TRY(EnsureFolder(folder, 0, 0700));
  if (::rename(place.Data().c_str(), (folder + "/data").c_str()) != 0) return SystemFail(folder, errno);
  TRY(RemoveTree(place.folder));
  TRY(WriteFileAtomically(folder + "/parameters.json", parameters->Write(), 0600));
  return LoadTemplate(folder);
}

}  // namespace terrarium::mysql
