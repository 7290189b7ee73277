#pragma once

#include <string>

#include "gen/host_database/ports.h"

namespace terrarium::database {

// What the contract suite needs of an implementation beside the port itself. The suite is one list of behaviours; a fake and the real driver
// both must show them (drivers/mysql/contract_test.cc).
class DatabaseHostHarness {
 public:
  virtual ~DatabaseHostHarness() = default;
  virtual host::DatabaseHost& host() = 0;
  // A new host object over the same machine, as after a restart of terrarium-host.
  virtual void Reopen() = 0;
  // Whether a client that verifies the server's certificate is let in.
  virtual bool CanLogIn(const std::string& id, const std::string& user, const std::string& password) = 0;
  // The global value in force; empty where the server does not run.
  virtual std::string ValueOf(const std::string& id, const std::string& name) = 0;
  // The process ends by itself.
  virtual void Crash(const std::string& id) = 0;
  // An address and port that this server alone may use.
  virtual std::string Address() const = 0;
  virtual int Port(int nth) const = 0;
};

}  // namespace terrarium::database
