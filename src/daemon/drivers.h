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

 private:
  struct All;
  std::unique_ptr<All> all_;
};

}  // namespace terrarium::daemon
