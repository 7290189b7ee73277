#include "services/ec2/public.h"

#include <algorithm>
#include <set>

#include "base/arn.h"
#include "base/ip.h"
#include "services/ec2/common.h"
#include "services/ec2/tables.h"

namespace terrarium::ec2 {
namespace {

constexpr std::size_t kMostGroups = 5;  // AWS's quota
// Addresses of documentation blocks: on no real internet, so nothing outside is hidden by them.
constexpr Cidr kPublicBlocks[] = {{{0xCB007100}, 24}, {{0xC6336400}, 24}};

template <class Row>
Row* Find(const Scope& scope, const store::Table<Row>& table, std::string_view id, Arena& arena) {
  return table.Find(scope.tx, RowKey(scope.account, scope.region, id), arena);
}

Result<rows::Subnet*> SubnetRow(const Scope& scope, std::string_view id, Arena& arena) {
  if (rows::Subnet* row = Find(scope, kSubnets, id, arena)) return row;
  return ApiError("InvalidSubnetID.NotFound", "The subnet ID '" + std::string(id) + "' does not exist", ErrorKind::kNotFound);
}
Result<rows::Vpc*> VpcRow(const Scope& scope, std::string_view id, Arena& arena) {
  if (rows::Vpc* row = Find(scope, kVpcs, id, arena)) return row;
  return ApiError("InvalidVpcID.NotFound", "The vpc ID '" + std::string(id) + "' does not exist", ErrorKind::kNotFound);
}

std::set<Ipv4> UsedIn(const Scope& scope, const rows::Subnet& subnet, Arena& arena) {
  std::set<Ipv4> out;
  for (const rows::Eni* eni : kEnis.ListOwner(scope.tx, subnet.vpc.view(), arena))
    if (eni->subnet == subnet.id)
      if (const auto address = Ipv4::Parse(eni->address.view())) out.insert(*address);
  return out;
}

Result<Ipv4> ChooseAddress(const Scope& scope, const rows::Subnet& subnet, std::string_view wanted, Arena& arena) {
  const Cidr block = Cidr::Parse(subnet.cidr.view()).value_or(Cidr{});
  const std::set<Ipv4> used = UsedIn(scope, subnet, arena);
  if (!wanted.empty()) {
    const auto address = Ipv4::Parse(wanted);
    if (!address || *address < block.First() + 4 || *address >= block.Last())
      return ApiError("InvalidParameterValue", "Address " + std::string(wanted) + " does not fall within the subnet's address range");
    if (used.contains(*address)) return ApiError("InvalidIPAddress.InUse", "Address " + std::string(wanted) + " is in use.", ErrorKind::kConflict);
    return *address;
  }
  for (Ipv4 address = block.First() + 4; address < block.Last(); ++address.value)
    if (!used.contains(address)) return address;
  return ApiError("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.", ErrorKind::kLimit);
}

Result<Ipv4> ChoosePublic(const Scope& scope) {
  for (const Cidr& block : kPublicBlocks)
    for (Ipv4 address = block.First() + 1; address < block.Last(); ++address.value)
      if (!kPublicAddresses.Exists(scope.tx, address.ToString())) return address;
  return ApiError("InsufficientAddressCapacity", "Not enough available addresses to satisfy your request.", ErrorKind::kLimit);
}

std::string Dashed(std::string_view address) {
  std::string out(address);
  std::replace(out.begin(), out.end(), '.', '-');
  return out;
}
std::string PrivateName(std::string_view region, std::string_view address) {
  return "ip-" + Dashed(address) + (region == "us-east-1" ? ".ec2.internal" : "." + std::string(region) + ".compute.internal");
}

EniView View(const rows::Eni& eni) {
  EniView out{.id = eni.id.str(), .vpc = eni.vpc.str(), .subnet = eni.subnet.str(), .subnet_cidr = eni.block.str(), .zone = eni.zone.str(), .address = eni.address.str(),
              .mac = eni.mac.str(), .public_address = eni.public_address.str(), .private_name = {}, .public_name = eni.public_name.str(), .groups = {}, .netns = eni.netns.str(),
              .ready = eni.ready.value_or(false), .releasing = eni.deleting.value_or(false)};
  out.private_name = PrivateName(out.zone.substr(0, out.zone.size() - 1), out.address);
  for (const Str group : eni.groups) out.groups.push_back(group.str());
  return out;
}

}  // namespace

Result<SubnetView> GetSubnet(const Scope& scope, std::string_view subnet) {
  Arena arena;
  TRY_ASSIGN(const rows::Subnet* row, SubnetRow(scope, subnet, arena));
  const Cidr block = Cidr::Parse(row->cidr.view()).value_or(Cidr{});
  return SubnetView{.id = row->id.str(), .arn = MakeArn("ec2", scope.region, scope.account, "subnet/" + row->id.str()), .vpc = row->vpc.str(), .cidr = row->cidr.str(), .zone = row->zone.str(),
                    .map_public = row->map_public.value_or(false),
                    .free_addresses = static_cast<int>((1LL << (32 - block.prefix)) - 5 - static_cast<long long>(UsedIn(scope, *row, arena).size()))};
}

Result<VpcView> GetVpc(const Scope& scope, std::string_view vpc) {
  Arena arena;
  TRY_ASSIGN(const rows::Vpc* row, VpcRow(scope, vpc, arena));
  return VpcView{.id = row->id.str(), .cidr = row->cidr.str(), .default_group = row->default_group.str(), .dns_hostnames = row->dns_hostnames.value_or(false),
                 .internet = !kGateways.ListOwner(scope.tx, vpc, arena).empty()};
}

Status CheckGroups(const Scope& scope, std::string_view vpc, const std::vector<std::string>& groups) {
  Arena arena;
  for (const std::string& group : groups) {
    const rows::Group* row = Find(scope, kGroups, group, arena);
    if (row == nullptr) return ApiError("InvalidGroup.NotFound", "The security group '" + group + "' does not exist", ErrorKind::kNotFound);
    if (row->vpc != vpc) return ApiError("InvalidGroup.NotFound", "The security group '" + group + "' does not exist in VPC '" + std::string(vpc) + "'", ErrorKind::kNotFound);
  }
  if (groups.size() > kMostGroups) return ApiError("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.", ErrorKind::kLimit);
  if (std::set<std::string>(groups.begin(), groups.end()).size() != groups.size()) return ApiError("InvalidParameterValue", "A security group is given twice");
  return {};
}

Result<EniView> AllocateEni(const Scope& scope, const EniRequest& request) {
  Arena arena;
  TRY_ASSIGN(const rows::Subnet* subnet, SubnetRow(scope, request.subnet, arena));
  TRY_ASSIGN(const rows::Vpc* vpc, VpcRow(scope, subnet->vpc.view(), arena));
  TRY(CheckGroups(scope, vpc->id.view(), request.groups));
  TRY_ASSIGN(const Ipv4 address, ChooseAddress(scope, *subnet, request.address, arena));
  rows::Eni eni;
  const std::string id = NewId(scope.random, "eni"), key = RowKey(scope.account, scope.region, id);
  eni.id = arena.Copy(id);
  eni.vpc = vpc->id;
  eni.subnet = subnet->id;
  eni.block = subnet->cidr;
  eni.zone = subnet->zone;
  eni.address = arena.Copy(address.ToString());
  Mac mac;
  scope.random.Fill(mac.bytes, sizeof mac.bytes);
  mac.bytes[0] = 2;  // local, unicast
  eni.mac = arena.Copy(mac.ToString());
  for (const std::string& group : request.groups) eni.groups.Add(arena, Str(arena.Copy(group)));
  if (request.groups.empty()) eni.groups.Add(arena, vpc->default_group);
  if (request.public_address) {
    TRY_ASSIGN(const Ipv4 outside, ChoosePublic(scope));
    eni.public_address = arena.Copy(outside.ToString());
    if (vpc->dns_hostnames.value_or(false))
      eni.public_name = arena.Copy("ec2-" + Dashed(outside.ToString()) + (scope.region == "us-east-1" ? ".compute-1" : "." + scope.region + ".compute") + ".amazonaws.com");
    rows::PublicAddress taken;
    taken.eni = arena.Copy(key);
    kPublicAddresses.Put(scope.tx, outside.ToString(), taken);
  }
  eni.description = arena.Copy(request.description);
  eni.type = arena.Copy(request.type);
  if (!request.requester.empty()) eni.requester = arena.Copy(request.requester);
  if (!request.notify.empty()) eni.notify = arena.Copy(request.notify);
  eni.task_endpoints = request.task_endpoints;
  kEnis.Put(scope.tx, key, eni, eni.vpc.view());
  scope.tx.Touch(EniWork(key));
  return View(eni);
}

Status ReleaseEni(const Scope& scope, std::string_view eni) {
  Arena arena;
  rows::Eni* row = Find(scope, kEnis, eni, arena);
  if (row == nullptr || row->deleting.value_or(false)) return {};
  row->deleting = true;
  const std::string key = RowKey(scope.account, scope.region, eni);
  kEnis.Put(scope.tx, key, *row, row->vpc.view());
  scope.tx.Touch(EniWork(key));
  return {};
}

Status SetEniGroups(const Scope& scope, std::string_view eni, const std::vector<std::string>& groups) {
  Arena arena;
  rows::Eni* row = Find(scope, kEnis, eni, arena);
  if (row == nullptr || row->deleting.value_or(false))
    return ApiError("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '" + std::string(eni) + "' does not exist", ErrorKind::kNotFound);
  if (groups.empty()) return ApiError("InvalidParameterValue", "At least one security group is required");
  TRY(CheckGroups(scope, row->vpc.view(), groups));
  row->groups = {};
  for (const std::string& group : groups) row->groups.Add(arena, Str(arena.Copy(group)));
  const std::string key = RowKey(scope.account, scope.region, eni);
  kEnis.Put(scope.tx, key, *row, row->vpc.view());
  scope.tx.Touch(EniWork(key));
  return {};
}

std::optional<EniView> FindEni(const Scope& scope, std::string_view eni) {
  Arena arena;
  const rows::Eni* row = Find(scope, kEnis, eni, arena);
  if (row == nullptr) return std::nullopt;
  return View(*row);
}

std::optional<std::string> WhyUnreachable(const Scope& scope, std::string_view from_eni, std::string_view to_eni, int port) {
  Arena arena;
  const rows::Eni* from = Find(scope, kEnis, from_eni, arena);
  const rows::Eni* to = Find(scope, kEnis, to_eni, arena);
  if (from == nullptr || to == nullptr || from->vpc != to->vpc) return "the interfaces are not of one VPC";
  const auto allows = [&](const rows::Eni& own, const rows::Eni& peer, bool egress) {
    const auto address = Ipv4::Parse(peer.address.view());
    for (const Str id : own.groups) {
      const rows::Group* group = Find(scope, kGroups, id.view(), arena);
      if (group == nullptr) continue;
      for (const rows::Rule& rule : group->rules) {
        const bool all = rule.protocol == "-1";
        if (rule.egress.value_or(false) != egress || (!all && !(rule.protocol == "tcp") && !(rule.protocol == "6"))) continue;
        if (!all && (port < rule.from.value_or(0) || port > rule.to.value_or(65535))) continue;
        if (rule.group) {
          for (const Str its : peer.groups)
            if (its == rule.group) return true;
        } else if (const auto block = Cidr::Parse(rule.cidr.value_or("")); block && address && block->Contains(*address)) {
          return true;
        }
      }
    }
    return false;
  };
  const auto groups = [](const rows::Eni& eni) {
    std::string out;
    for (const Str id : eni.groups) out += (out.empty() ? "" : ", ") + id.str();
    return out;
  };
  const std::string what = "TCP " + std::to_string(port);
  if (!allows(*from, *to, true)) return "no rule of " + groups(*from) + " lets " + what + " out to " + groups(*to);
  if (!allows(*to, *from, false)) return "no rule of " + groups(*to) + " lets " + what + " in from " + groups(*from);
  return std::nullopt;
}

std::string ZoneIdOf(std::string_view zone) { return ZoneId(zone); }

std::vector<EniView> ListAllEnis(store::Tx& tx) {
  Arena arena;
  std::vector<EniView> out;
  for (const rows::Eni* row : kEnis.ListPrefix(tx, "", arena)) out.push_back(View(*row));
  return out;
}

std::optional<std::string> FindVpcCidr(store::Tx& tx, std::string_view vpc) {
  Arena arena;
  for (const rows::Vpc* row : kVpcs.ListPrefix(tx, "", arena))
    if (row->id == vpc) return row->cidr.str();
  return std::nullopt;
}

}  // namespace terrarium::ec2
