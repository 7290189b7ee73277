#include "daemon/node_publisher.h"

#include <set>

#include "base/file.h"
#include "base/ip.h"
#include "base/text.h"
#include "codec/row_codec.h"
#include "gen/node_snapshot/types.h"
#include "services/ec2/public.h"
#include "services/ecs/public.h"
#include "services/elbv2/public.h"
#include "services/iam/public.h"
#include "services/rds/public.h"

namespace terrarium::daemon {
namespace {

constexpr Millis kLookAgain{250};
constexpr Millis kNodeCheck{2'000};                     // a node that died is started again within this
constexpr Millis kCredentialLife{6 * 60 * 60 * 1000};   // as ECS gives them
constexpr Millis kRenewBefore{60 * 60 * 1000};
constexpr const char* kKey = "node/snapshot";

}  // namespace

void NodePublisher::AddTo(control::Runner& runner) {
  runner.Add("node/", *this);
  (void)database_.Write([&](store::Tx& tx) -> Status {
    tx.Touch(kKey);
    return {};
  });
}

Result<iam::TemporaryCredentials> NodePublisher::CredentialsOf(store::Tx& tx, const std::string& task, const std::string& role) {
  const auto known = credentials_.find(task);
  if (known != credentials_.end() && known->second.expires - clock_.Now() > kRenewBefore.count()) return known->second;
  TRY_ASSIGN(auto issued, iam::IssueRoleCredentials(tx, role, task, clock_.Now(), clock_.Now() + kCredentialLife.count(), root_, random_));
  return credentials_[task] = std::move(issued);
}

Result<NodePublisher::Picture> NodePublisher::Draw(store::Tx& tx, std::int64_t version) {
  Picture picture;
  Arena arena;
  gen::node_snapshot::Snapshot snapshot;
  snapshot.version = version;
  std::map<std::string, std::pair<std::string, std::string>> place_of;  // interface → VPC and address
  for (const ec2::EniView& eni : ec2::ListAllEnis(tx)) {
    if (!eni.ready) continue;
    place_of[eni.id] = {eni.vpc, eni.address};
    if (!picture.vpcs.contains(eni.vpc)) {
      // The account and region are in the row's key; the VPC's block is all that is asked here.
      if (const auto cidr = ec2::FindVpcCidr(tx, eni.vpc))
        if (const auto block = Cidr::Parse(*cidr)) picture.vpcs[eni.vpc] = (block->First() + 2).ToString();
    }
    for (const std::string& name : {eni.private_name, eni.public_name}) {
      if (name.empty()) continue;
      auto& entry = snapshot.names.Add(arena);
      entry.vpc = arena.Copy(eni.vpc);
      entry.name = arena.Copy(ToLower(name));
      entry.ttl = 60;
      entry.addresses.Add(arena, arena.Copy(eni.address));
    }
  }
  std::set<std::string> tasks;
  for (const ecs::TaskEndpoint& task : ecs::ListTaskEndpoints(tx, arena)) {
    const auto place = place_of.find(task.eni);
    if (place == place_of.end()) continue;
    tasks.insert(task.task);
    auto& entry = snapshot.tasks.Add(arena);
    entry.vpc = arena.Copy(place->second.first);
    entry.address = arena.Copy(place->second.second);
    entry.metadata_id = arena.Copy(task.metadata_id);
    entry.container_metadata = arena.Copy(task.container_metadata);
    entry.task_metadata = arena.Copy(task.task_metadata);
    if (task.role_arn.empty()) continue;
    const auto credentials = CredentialsOf(tx, task.task, task.role_arn);
    if (!credentials) continue;  // the role is gone: the endpoint has nothing to give
    entry.credentials_id = arena.Copy(task.credentials_id);
    entry.role_arn = arena.Copy(task.role_arn);
    entry.access_key_id = arena.Copy(credentials->access_key_id);
    entry.secret_access_key = arena.Copy(credentials->secret);
    entry.token = arena.Copy(credentials->token);
    entry.expiration = arena.Copy(FormatIso8601(credentials->expires));
  }
  for (const auto& name : elbv2::DnsNames(tx)) {
    auto& entry = snapshot.names.Add(arena);
    if (!name.vpc.empty()) entry.vpc = arena.Copy(name.vpc);
    entry.name = arena.Copy(ToLower(name.name));
    entry.ttl = 60;
    for (const std::string& address : name.addresses) entry.addresses.Add(arena, arena.Copy(address));
  }
  for (const auto& name : rds::DnsNames(tx)) {
    auto& entry = snapshot.names.Add(arena);
    entry.vpc = arena.Copy(name.vpc);
    entry.name = arena.Copy(ToLower(name.name));
    entry.ttl = 5;  // as RDS: a fail-over changes the address behind the name
    entry.addresses.Add(arena, arena.Copy(name.address));
  }
  // The first internet-facing load balancer has the door; the others are reached by their addresses in the fabric.
  for (const auto& door : elbv2::Doors(tx)) {
    if (door.ports.empty() || !picture.doors.empty()) continue;
    auto& entry = snapshot.doors.Add(arena);
    entry.port = door_port_;
    entry.address = arena.Copy(door.address);
    entry.target_port = door.ports.front();
    picture.doors.push_back(door_port_);
  }
  std::erase_if(credentials_, [&](const auto& entry) { return !tasks.contains(entry.first); });
  picture.bytes = codec::ToRow(snapshot);
  return picture;
}

runtime::Task<Result<control::Settled>> NodePublisher::Reconcile(std::string) {
  auto drawn = database_.Read([&](store::Tx& tx) { return Draw(tx, 0); });
  if (!drawn) co_return std::unexpected(drawn.error());
  if (drawn->bytes != published_) {
    auto numbered = database_.Read([&](store::Tx& tx) { return Draw(tx, ++version_); });
    if (!numbered) co_return std::unexpected(numbered.error());
    CO_TRY(WriteFileAtomically(snapshot_path_, numbered->bytes, 0600));
    published_ = drawn->bytes;
  }
  Arena arena;
  gen::host_node::EnsureNodeRequest request;
  request.vpcs.Present(arena);
  for (const auto& [id, resolver] : drawn->vpcs) {
    auto& vpc = request.vpcs.Add(arena);
    vpc.id = arena.Copy(id);
    vpc.resolver = arena.Copy(resolver);
  }
  for (const std::int32_t door : drawn->doors) request.doors.Add(arena, door);
  const std::string asked = codec::ToRow(request);
  const bool nothing = drawn->vpcs.empty() && node_asked_.empty();  // no network yet, no node
  if (!nothing && (asked != node_asked_ || clock_.Now() - node_seen_ > kNodeCheck.count())) {
    auto ensured = co_await blocking_.Run("EnsureNode", [&] { return node_.EnsureNode(request, arena); });
    if (!ensured) co_return std::unexpected(ensured.error());
    node_asked_ = asked;
    node_seen_ = clock_.Now();
  }
  co_return control::Settled{.look_again = kLookAgain, .forget = false};
}

}  // namespace terrarium::daemon
