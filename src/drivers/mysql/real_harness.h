#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drivers/mysql/mysql_database_host.h"
#include "host/database/database_host_contract.h"

namespace terrarium::mysql {

// The driver on this machine, for tests: folders and an instance name of its own, which go with the test program.
// TERRARIUM_PROGRAMS names the folder where scripts/program_root.py put its roots (<state>/programs).
class RealHarness final : public database::DatabaseHostHarness {
 public:
  // Null where the machine lacks what it takes; then WhyNot says what.
  static std::unique_ptr<RealHarness> Make();
  static std::string WhyNot();

  host::DatabaseHost& host() override { return *host_; }
  void Reopen() override;
  bool CanLogIn(const std::string& id, const std::string& user, const std::string& password) override;
  std::string ValueOf(const std::string& id, const std::string& name) override;
  void Crash(const std::string& id) override;
  std::string Address() const override { return "127.0.0.1"; }
  int Port(int nth) const override;

  struct Answer {
    bool ok = false;
    std::string output, errors;
  };
  // One client session over TLS to the server's address, verified against its authority.
  Answer Client(const std::string& id, const std::string& user, const std::string& password, const std::string& statements,
                const std::vector<std::string>& more = {}, const std::string& network_namespace = {}) const;
  const MysqlDatabaseHost::Options& options() const { return options_; }
  Surroundings Around();
  Program program() const;

 private:
  RealHarness() = default;

  MysqlDatabaseHost::Options options_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<MysqlDatabaseHost> host_;
};

}  // namespace terrarium::mysql
