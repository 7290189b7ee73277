#include "drivers/mysql/program.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace terrarium::mysql {
namespace {

std::vector<std::string> Strings(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list.array()) out.push_back(item.string());
  return out;
}

Result<Program> ReadProgram(const std::string& folder) {
  TRY_ASSIGN(const std::string text, ReadFile(folder + "/manifest.json", 1 << 20));
  TRY_ASSIGN(const Json manifest, Json::Parse(text));
  Program program;
  program.version = manifest["version"].string();
  program.content = manifest["content"].string();
  program.root = manifest["root"].string();
  for (const auto& [name, value] : manifest["environment"].object()) program.environment.push_back(name + "=" + value.string());
  program.server = Strings(manifest["programs"]["mysqld"]);
  program.client = Strings(manifest["programs"]["mysql"]);
  program.time_zones = Strings(manifest["programs"]["mysql_tzinfo_to_sql"]);
  const bool usable = program.root == folder + "/root" && !program.version.empty() && !program.content.empty() && program.server.size() > 1 &&
                      program.client.size() > 1 && program.time_zones.size() > 1;
  if (!usable) return Fail(ErrorKind::kInvalid, "a program root has a manifest that does not fit", folder);
  return program;
}

}  // namespace

std::string Program::Series() const { return version.substr(0, version.rfind('.')); }

runtime::Command Program::Run(const std::vector<std::string>& prefix, std::vector<std::string> arguments) const {
  runtime::Command command;
  command.argv = prefix;
  command.argv.insert(command.argv.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  command.env = environment;
  command.no_new_privileges = true;
  return command;
}

Result<std::vector<Program>> FindPrograms(const std::string& programs_dir) {
  const std::string home = programs_dir + "/mysql";
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory(home));
  std::string current;
  if (auto manifest = ReadFile(home + "/current/manifest.json", 1 << 20)) {
    if (auto json = Json::Parse(*manifest)) current = (*json)["content"].string();
  }
  std::vector<Program> found;
  for (const std::string& name : names) {
    if (name == "current" || name.starts_with('.')) continue;
    auto program = ReadProgram(home + "/" + name);
    if (!program) {
      LogWarning("mysql", "program root " + name + " is not used: " + program.error().message);
    } else if (name == current) {
      found.insert(found.begin(), *std::move(program));
    } else {
      found.push_back(*std::move(program));
    }
  }
  return found;
}

Result<Program> FindProgram(const std::string& programs_dir, const std::string& version) {
  TRY_ASSIGN(std::vector<Program> programs, FindPrograms(programs_dir));
  for (Program& program : programs) {
    if (program.version == version) return std::move(program);
  }
  return Fail(ErrorKind::kUnsupported, "no mysqld " + Printable(version) + " is installed; scripts/program_root.py ensure mysql gets one");
}

}  // namespace terrarium::mysql
