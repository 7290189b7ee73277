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

constexpr Millis kLookAgain{10'000};                    // for what no row tells: credentials that age, a node that is gone with its terrarium-host
constexpr Millis kCredentialLife{6 * 60 * 60 * 1000};   // as ECS gives them
constexpr Millis kRenewBefore{60 * 60 * 1000};
constexpr const char* kKey = "node/snapshot";

}  // namespace

void NodePublisher::AddTo(control::Runner& runner) {
  runner.Add("node/", *this);
  for (const char* table : {"ec2_vpc", "ec2_eni", "ecs_task", "elbv2_load_balancer", "elbv2_listener", "rds_instance", "iam_roles"}) runner.Follow(table, kKey);
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

Status NodePublisher::Draw(store::Tx& tx, Picture& picture) {
  Arena& arena = picture.arena;
  auto& snapshot = picture.snapshot;
  snapshot.version = 0;
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
  // One door for all internet-facing load balancers: the oldest has it, the others are found there by the names <name>.elb.localhost and
  // their own. Of several listeners the one with the lowest port.
  gen::node_snapshot::Door* shared = nullptr;
  for (const auto& door : elbv2::Doors(tx)) {
    if (shared == nullptr) {
      shared = &snapshot.doors.Add(arena);
      shared->port = door_port_;
      picture.doors.push_back(door_port_);
    }
    auto& behind = shared->behind.Add(arena);
    behind.port = door.ports.front();
    behind.hosts.Add(arena, arena.Copy(ToLower(door.load_balancer) + ".elb.localhost"));
    behind.hosts.Add(arena, arena.Copy(ToLower(door.dns_name)));
    for (const std::string& address : door.addresses) behind.addresses.Add(arena, arena.Copy(address));
  }
  std::erase_if(credentials_, [&](const auto& entry) { return !tasks.contains(entry.first); });
  return {};
}

runtime::Task<Result<control::Settled>> NodePublisher::Reconcile(std::string) {
  Picture drawn;
  CO_TRY(database_.Read([&](store::Tx& tx) { return Draw(tx, drawn); }));
  if (std::string bytes = codec::ToRow(drawn.snapshot); bytes != published_) {
    drawn.snapshot.version = ++version_;
    CO_TRY(WriteFileAtomically(snapshot_path_, codec::ToRow(drawn.snapshot), 0600));
    published_ = std::move(bytes);
  }
  Arena arena;
  gen::host_node::EnsureNodeRequest request;
  request.vpcs.Present(arena);
  for (const auto& [id, resolver] : drawn.vpcs) {
    auto& vpc = request.vpcs.Add(arena);
    vpc.id = arena.Copy(id);
    vpc.resolver = arena.Copy(resolver);
  }
  for (const std::int32_t door : drawn.doors) request.doors.Add(arena, door);
  const std::string asked = codec::ToRow(request);
  const bool nothing = drawn.vpcs.empty() && node_asked_.empty();  // no network yet, no node
  if (!nothing && (asked != node_asked_ || clock_.Now() - node_seen_ >= kLookAgain.count() / 2)) {
    auto ensured = co_await blocking_.Run("EnsureNode", [&] { return node_.EnsureNode(request, arena); });
    if (!ensured) co_return std::unexpected(ensured.error());
    node_asked_ = asked;
    node_seen_ = clock_.Now();
  }
  co_return control::Settled{.look_again = kLookAgain, .forget = false};
}

}  // namespace terrarium::daemon
