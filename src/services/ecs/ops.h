#pragma once

#include "api/registry.h"
#include "codec/json_codec.h"
#include "gen/ecs/types.h"
#include "services/ecs/names.h"
#include "services/ecs/neighbours.h"

namespace terrarium::ecs {

namespace wire = gen::ecs;

void RegisterClusters(api::Registry& registry);
void RegisterDefinitions(api::Registry& registry, Neighbours& neighbours);
void RegisterTasks(api::Registry& registry, Neighbours& neighbours);
void RegisterServices(api::Registry& registry, Neighbours& neighbours);
void RegisterTagging(api::Registry& registry);

inline Scope ScopeOf(api::Call& call) { return {call.tx, call.arena, call.clock, call.random, call.caller.account, call.caller.region}; }

template <class T>
Result<T*> Decode(std::string_view json, Arena& arena) {
  return codec::FromJson<T>(arena.Copy(json), arena, codec::JsonForm::kAwsJson);
}
template <class T>
std::string Encode(const T& message) {
  return codec::ToJson(message, codec::JsonForm::kAwsJson);
}

// The definition as the API answers it.
Result<wire::TaskDefinition*> WireDefinition(Arena& arena, const rows::TaskDefinition& row, std::string_view account, std::string_view region);
// Of the new tasks of a request or a deployment.
struct Placement {
  List<Str> subnets, groups;
  bool public_address = false;
};
// Amazon's checks of a network configuration.
Result<Placement> CheckNetwork(api::Call& call, Neighbours& neighbours, const wire::NetworkConfiguration* network);
// One more task; it is started by its reconciler.
struct NewTask {
  std::string cluster, definition, subnet, group, started_by, service, deployment, token, overrides;
  List<Str> security_groups;
  bool public_address = false;
  List<rows::Tag> tags, pins;
  List<rows::Target> targets;
};
Result<rows::Task*> PutTask(const Scope& scope, const NewTask& spec);
wire::Task* WireTask(Arena& arena, const rows::Task& row, store::Tx& tx, bool with_tags);
void SaveTask(store::Tx& tx, rows::Task& row);  // a new version of it
std::string TaskKey(const rows::Task& row);
bool IsOld(const rows::Task& row, UnixMillis now);  // stopped for longer than AWS shows it
std::string ServiceKey(const rows::Service& row);
// Wanted: STOPPED. Nothing where it already is.
void RequestStop(store::Tx& tx, rows::Task& row, std::string_view code, std::string_view reason, UnixMillis now);

}  // namespace terrarium::ecs
