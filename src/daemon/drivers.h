#pragma once

#include <memory>

#include "base/result.h"
#include "daemon/options.h"
#include "host/verb.h"

namespace terrarium::daemon {

// The concrete drivers of this host, behind their ports. The only place that names them.
class Drivers {
 public:
  Drivers();
  ~Drivers();
  Status Open(const Options& options);
  void ServeAll(host::VerbTable& table);
  // Everything that carries the instance's id: processes, containers, databases, interfaces, namespaces, rules. The state folder stays.
  Status RemoveAll();
  Status StopAll();

 private:
  struct All;
  std::unique_ptr<All> all_;
};

}  // namespace terrarium::daemon
