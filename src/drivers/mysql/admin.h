#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "drivers/mysql/layout.h"
#include "drivers/mysql/program.h"
#include "drivers/mysql/sql_text.h"

namespace terrarium::mysql {

// The administrator's session with one server: the root's own client, run as the server's user, over the server's socket. Statements and
// password go through standard input and a file in memory. What the database answers is parsed in that unprivileged process.
class Admin {
 public:
  Admin(const Program& program, uid_t user, std::string options_file) : program_(program), user_(user), options_(std::move(options_file)) {}

  // Rows of all statements together. kUnavailable with the server's own words as the cause (never the statement).
  Result<std::vector<std::vector<std::string>>> Query(const Sql& sql) const;
  // The first column of the first row.
  Result<std::string> Value(const Sql& sql) const;
  Status Run(const Sql& sql) const;

 private:
  const Program& program_;
  uid_t user_;
  std::string options_;
};

// Makes the administrator's account with a new password at each start: statements for init_file and the client's options.
struct AdminAccount {
  std::string init_file;
  std::string options;
};
AdminAccount MakeAdminAccount(Random& random, const std::string& socket);

// The master user with what RDS lets him do and nothing more: no SUPER, no RELOAD, no FILE, no REPLICATION SLAVE, no writing in mysql and sys.
// Creates or corrects.
Sql EnsureMasterUser(std::string_view user, std::string_view password);

}  // namespace terrarium::mysql
