#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"

namespace terrarium::control {

struct Settled {
  std::optional<Millis> look_again{};  // reconcile this key again after so long, whatever happens
  bool forget = false;                 // nothing is left of the thing: the key's record may go
};

// Makes what was asked for under one kind of key true. It is given a name and looks for itself: never an event. Reads rows, plans purely,
// acts idempotently, writes rows. Re-reads rows after every co_await: everything may have changed meanwhile, except that no other worker has this key.
// kInvalid and kUnsupported are final: recorded, and not tried again until the key is touched. Any other error is tried again with back-off.
class Reconciler {
 public:
  virtual ~Reconciler() = default;
  virtual runtime::Task<Result<Settled>> Reconcile(std::string key) = 0;
};

}  // namespace terrarium::control
