#pragma once

#include <string>
#include <string_view>

#include "api/registry.h"
#include "gen/logs/types.h"
#include "services/logs/store.h"

namespace terrarium::logs {

namespace wire = gen::logs;

void RegisterGroups(api::Registry& registry);
void RegisterStreams(api::Registry& registry);
void RegisterReading(api::Registry& registry);

inline std::unexpected<Error> Invalid(std::string message) { return ApiError("InvalidParameterException", std::move(message)); }
inline std::unexpected<Error> Refused(std::string_view what) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "InvalidParameterException", "Terrarium does not make this real: " + std::string(what), {}});
}

// Name of the group that a request means, by name or by ARN of the caller's own account.
Result<std::string> GroupName(const api::Call& call, Str name, Str identifier = {});
struct FoundGroup {
  std::string key;
  rows::Group* row;
};
Result<FoundGroup> GetGroup(const api::Call& call, Str name, Str identifier = {});

// The resources that IAM is asked about: most actions want the ARN with ":*".
template <class Request>
Result<api::Access> OnGroup(api::Call& call, const Request& request) {
  TRY_ASSIGN(const std::string name, GroupName(call, request.log_group_name));
  return api::Access{{GroupArn(call.caller.account, call.caller.region, name) + ":*"}, {}};
}
template <class Request>
Result<api::Access> OnGroupIdentifier(api::Call& call, const Request& request) {
  TRY_ASSIGN(const std::string name, GroupName(call, request.log_group_name, request.log_group_identifier));
  return api::Access{{GroupArn(call.caller.account, call.caller.region, name) + ":*"}, {}};
}
template <class Request>
Result<api::Access> OnStream(api::Call& call, const Request& request) {
  TRY_ASSIGN(const std::string name, GroupName(call, request.log_group_name));
  return api::Access{{StreamArn({call.caller.account, call.caller.region, name, request.log_stream_name.str()})}, {}};
}

}  // namespace terrarium::logs
