#include "drivers/mysql/admin.h"

#include "base/text.h"
#include "runtime/child_process.h"

namespace terrarium::mysql {

Result<std::vector<std::vector<std::string>>> Admin::Query(const Sql& sql) const {
  runtime::Command command = program_.Run(program_.client, {"--defaults-file=" + options_, "--batch", "--skip-column-names", "--binary-mode"});
  command.uid = user_;
  command.gid = user_;
  TRY_ASSIGN(const runtime::ProgramOutput done, runtime::RunProgram(std::move(command), sql.text(), {.timeout = Millis(600'000), .output = 64u << 20}));
  if (!done.exit.ok()) {
    // "ERROR 1819 (HY000) at line 3: text": the text may quote a part of the statement, so only numbers go on.
    std::string numbers;
    for (const std::string_view line : Split(done.err, '\n')) {
      if (line.starts_with("ERROR ")) numbers = std::string(line.substr(0, line.find(':')));
    }
    return Fail(ErrorKind::kUnavailable, "the database server refused a statement of the engine", Printable(numbers));
  }
  return BatchRows(done.out);
}

Result<std::string> Admin::Value(const Sql& sql) const {
  TRY_ASSIGN(auto rows, Query(sql));
  if (rows.empty() || rows[0].empty()) return Fail(ErrorKind::kUnavailable, "the database server gave no answer");
  return std::move(rows[0][0]);
}

Status Admin::Run(const Sql& sql) const {
  TRY_ASSIGN(const auto rows, Query(sql));
  static_cast<void>(rows);
  return {};
}

AdminAccount MakeAdminAccount(Random& random, const std::string& socket) {
  const std::string password = RandomHex(random, 48);
  // Not in the binary log: every server has its own. One statement a line, as init_file wants it.
  const std::string statements =
      "SET SESSION sql_log_bin=0;\n"
      "SET SESSION sql_mode='';\n"
      "CREATE USER IF NOT EXISTS rdsadmin@localhost IDENTIFIED BY " + SqlLiteral(password) + ";\n"
      "ALTER USER rdsadmin@localhost IDENTIFIED BY " + SqlLiteral(password) + " ACCOUNT UNLOCK;\n"
      "GRANT ALL ON *.* TO rdsadmin@localhost WITH GRANT OPTION;\n"
      "GRANT SYSTEM_USER ON *.* TO rdsadmin@localhost WITH GRANT OPTION;\n"
      "ALTER USER IF EXISTS root@localhost ACCOUNT LOCK;\n";
  const std::string options = "[client]\nuser=rdsadmin\npassword=" + password + "\nsocket=\"" + socket + "\"\n";
  return {statements, options};
}

Sql EnsureMasterUser(std::string_view user, std::string_view password) {
  static constexpr const char* kHost = "@'%'";
  static constexpr const char* kSchema =
      "INSERT,UPDATE,DELETE,CREATE,DROP,REFERENCES,INDEX,ALTER,CREATE TEMPORARY TABLES,LOCK TABLES,CREATE VIEW,CREATE ROUTINE,ALTER ROUTINE,EVENT,TRIGGER";
  Sql sql;
  const auto statement = [&](const char* before, const char* after) { sql.Text(before).Literal(user).Text(kHost).Text(after).End(); };
  sql.Text("CREATE USER IF NOT EXISTS ").Literal(user).Text(kHost).Text(" IDENTIFIED BY ").Literal(password).End();
  sql.Text("ALTER USER ").Literal(user).Text(kHost).Text(" IDENTIFIED BY ").Literal(password).Text(" ACCOUNT UNLOCK").End();
  statement(
      "GRANT SELECT,INSERT,UPDATE,DELETE,CREATE,DROP,PROCESS,REFERENCES,INDEX,ALTER,SHOW DATABASES,CREATE TEMPORARY TABLES,LOCK TABLES,EXECUTE,"
      "REPLICATION CLIENT,CREATE VIEW,SHOW VIEW,CREATE ROUTINE,ALTER ROUTINE,CREATE USER,EVENT,TRIGGER,CREATE ROLE,DROP ROLE ON *.* TO ",
      " WITH GRANT OPTION");
  statement(
      "GRANT APPLICATION_PASSWORD_ADMIN,ROLE_ADMIN,SET_ANY_DEFINER,ALLOW_NONEXISTENT_DEFINER,XA_RECOVER_ADMIN,CONNECTION_ADMIN,FLUSH_OPTIMIZER_COSTS,"
      "FLUSH_PRIVILEGES,FLUSH_STATUS,FLUSH_TABLES,FLUSH_USER_RESOURCES,SHOW_ROUTINE,SENSITIVE_VARIABLES_OBSERVER ON *.* TO ",
      " WITH GRANT OPTION");
  sql.Text("REVOKE IF EXISTS EXECUTE,").Text(kSchema).Text(" ON mysql.* FROM ").Literal(user).Text(kHost).End();
  sql.Text("REVOKE IF EXISTS ").Text(kSchema).Text(" ON sys.* FROM ").Literal(user).Text(kHost).End();
  return sql;
}

}  // namespace terrarium::mysql
