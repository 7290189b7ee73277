// What one CRUD call gets: the cloud, the settings, a deadline, and a place to say what exists already.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "provider/cloud/cloud.h"
#include "provider/resource/api.h"
#include "provider/resource/settings.h"
#include "provider/resource/stop.h"

namespace terrarium::provider {

using Codes = std::initializer_list<std::string_view>;

class Call {
 public:
  struct World {
    Cloud& cloud;
    const Settings& settings;
    const Clock& clock;
    const StopSignal& stop;
    Random& random;
  };
  Call(World world, const Body& type_body, std::string object_region, UnixMillis deadline)
      : body(type_body),
        region(std::move(object_region)),
        settings(world.settings),
        world_(world),
        deadline_(deadline) {}

  const Body& body;          // of the type that the call is about
  const std::string region;  // the object's own
  const Settings& settings;
  // The configuration, where write-only arguments are; empty outside of create and update.
  Object config{};

  // Create calls this as soon as the object exists. A failure after it leaves a tainted object in the state,
  // a failure before it leaves none. In Update it says the new id, for the few objects whose id changes.
  void Created(std::string id) { created_id_ = std::move(id); }
  const std::string& created_id() const { return created_id_; }

  UnixMillis Now() const { return world_.clock.Now(); }
  Random& random() const { return world_.random; }

  // Repeats while the service says that it is not there yet (ServiceUnavailable), until the deadline: an engine that has
  // just started tests its databases first.
  Result<Object> Api(std::string_view service, std::string_view operation, const Object& request);
  // A describe call: nothing when it fails with one of `gone`, or when `member` of the answer is missing or an
  // empty list; else that structure, or the first element of that list.
  Result<std::optional<Value>> Find(std::string_view service, std::string_view operation, const Object& request,
                                    std::string_view member, Codes gone);
  // A call whose failure with one of `fine` is success, as absence is for a delete.
  Result<void> Tolerate(std::string_view service, std::string_view operation, const Object& request, Codes fine);
  // Repeats while the call fails with one of `codes`, until the deadline; the failure is then that error.
  Result<Object> RetryOn(Codes codes, std::string_view service, std::string_view operation, const Object& request);
  // Both of them: a delete that waits for what still uses the object.
  Result<void> Remove(std::string_view service, std::string_view operation, const Object& request, Codes gone,
                      Codes busy = {});

  // Polls until `done` answers true, the deadline passes or the user stops.
  Result<void> WaitUntil(std::string_view what, const std::function<Result<bool>()>& done) const;

 private:
  World world_;
  const UnixMillis deadline_;
  std::string created_id_;
};

bool HasCode(const Error& error, Codes codes);

// What the cloud makes of a list, for one that must not be null in the state.
inline Value OrEmpty(const Value& list) { return list.IsNull() ? Value(List{}) : list; }

}  // namespace terrarium::provider
