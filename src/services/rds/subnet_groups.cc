#include <set>

#include "services/rds/ops.h"

namespace terrarium::rds {
namespace {

// Amazon's checks: subnets of one VPC, in two zones at least. Fills vpc and subnets.
Status ReadSubnets(api::Call& call, const List<Str>& subnets, rows::SubnetGroup& row) {
  std::set<std::string> zones;
  row.subnets = {};
  row.vpc = {};
  for (const Str& id : subnets) {
    const auto subnet = ec2::GetSubnet(NetworkScope(call), id);
    if (!subnet) return ApiError("InvalidSubnet", "Some input subnets in :[" + id.str() + "] are invalid.");
    if (!row.vpc.empty() && !(row.vpc == subnet->vpc)) return ApiError("InvalidSubnet", "All subnets of a DB subnet group must be in one VPC.");
    row.vpc = call.arena.Copy(subnet->vpc);
    row.subnets.Add(call.arena, id);
    zones.insert(subnet->zone);
  }
  if (zones.size() < 2)
    return ApiError("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: " +
                                                              Join({zones.begin(), zones.end()}, ", ") + ". Add subnets to cover at least 2 AZs.");
  return {};
}

Result<wire::CreateDBSubnetGroupResult*> Create(api::Call& call, const wire::CreateDBSubnetGroupMessage& request) {
  const std::string name = ToLower(request.db_subnet_group_name.view());
  if (name.empty() || name.size() > 255 || name == "default") return InvalidValue("The parameter DBSubnetGroupName is not a valid name.");
  if (kSubnetGroups.Exists(call.tx, call.Key(name))) return ApiError("DBSubnetGroupAlreadyExists", "The DB subnet group '" + name + "' already exists.", ErrorKind::kConflict);
  rows::SubnetGroup row;
  row.name = call.arena.Copy(name);
  row.description = request.db_subnet_group_description;
  TRY(ReadSubnets(call, request.subnet_ids, row));
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, ArnOf(call, "subgrp", name)));
  kSubnetGroups.Put(call.tx, call.Key(name), row);
  auto* out = call.arena.New<wire::CreateDBSubnetGroupResult>();
  out->db_subnet_group = call.arena.New<wire::DBSubnetGroup>();
  *out->db_subnet_group = WireSubnetGroup(call, row);
  return out;
}
Result<wire::DBSubnetGroupMessage*> Describe(api::Call& call, const wire::DescribeDBSubnetGroupsMessage& request) {
  if (!request.filters.empty()) return Refused("Filters of DescribeDBSubnetGroups");
  auto* out = call.arena.New<wire::DBSubnetGroupMessage>();
  out->db_subnet_groups.Present(call.arena);
  std::vector<rows::SubnetGroup*> all;
  if (!request.db_subnet_group_name.empty()) {
    TRY_ASSIGN(rows::SubnetGroup * one, GetSubnetGroup(call, request.db_subnet_group_name));
    all.push_back(one);
  } else {
    for (rows::SubnetGroup* one : kSubnetGroups.ListPrefix(call.tx, call.Key(""), call.arena)) all.push_back(one);
  }
  TRY_ASSIGN(const auto page, Page(all, request.max_records, request.marker, call.arena, out->marker, [](const auto* one) { return one->name.view(); }));
  for (const rows::SubnetGroup* one : page) out->db_subnet_groups.Add(call.arena, WireSubnetGroup(call, *one));
  return out;
}
Result<wire::ModifyDBSubnetGroupResult*> Modify(api::Call& call, const wire::ModifyDBSubnetGroupMessage& request) {
  TRY_ASSIGN(rows::SubnetGroup * row, GetSubnetGroup(call, request.db_subnet_group_name));
  const std::string vpc = row->vpc.str();
  if (request.db_subnet_group_description) row->description = request.db_subnet_group_description;
  TRY(ReadSubnets(call, request.subnet_ids, *row));
  for (const rows::Instance* i : kInstances.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (i->subnet_group == row->name && !(row->vpc == vpc)) return InvalidValue("The DB subnet group is in use: its subnets must stay in " + vpc + ".");
  }
  kSubnetGroups.Put(call.tx, call.Key(row->name), *row);
  auto* out = call.arena.New<wire::ModifyDBSubnetGroupResult>();
  out->db_subnet_group = call.arena.New<wire::DBSubnetGroup>();
  *out->db_subnet_group = WireSubnetGroup(call, *row);
  return out;
}
Result<codec::Empty*> Delete(api::Call& call, const wire::DeleteDBSubnetGroupMessage& request) {
  TRY_ASSIGN(rows::SubnetGroup * row, GetSubnetGroup(call, request.db_subnet_group_name));
  for (const rows::Instance* i : kInstances.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (i->subnet_group == row->name)
      return ApiError("InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group '" + row->name.str() + "' because at least one database instance: " + i->name.str() + " is still using it.", ErrorKind::kConflict);
  }
  kSubnetGroups.Delete(call.tx, call.Key(row->name));
  return call.arena.New<codec::Empty>();
}

}  // namespace

Result<rows::SubnetGroup*> GetSubnetGroup(const api::Call& call, Str name) {
  if (rows::SubnetGroup* row = kSubnetGroups.Find(call.tx, call.Key(ToLower(name.view())), call.arena)) return row;
  return ApiError("DBSubnetGroupNotFoundFault", "DB subnet group '" + name.str() + "' does not exist.", ErrorKind::kNotFound);
}

wire::DBSubnetGroup WireSubnetGroup(api::Call& call, const rows::SubnetGroup& group) {
  wire::DBSubnetGroup out;
  out.db_subnet_group_name = group.name;
  out.db_subnet_group_description = group.description;
  out.vpc_id = group.vpc;
  out.subnet_group_status = "Complete";
  out.db_subnet_group_arn = call.arena.Copy(ArnOf(call, "subgrp", group.name));
  out.supported_network_types.Add(call.arena) = "IPV4";
  for (const Str& id : group.subnets) {
    auto& one = out.subnets.Add(call.arena);
    one.subnet_identifier = id;
    const auto subnet = ec2::GetSubnet(NetworkScope(call), id);
    one.subnet_status = subnet ? "Active" : "Inactive";
    if (!subnet) continue;
    one.subnet_availability_zone = call.arena.New<wire::AvailabilityZone>();
    one.subnet_availability_zone->name = call.arena.Copy(subnet->zone);
  }
  return out;
}

void RegisterSubnetGroups(api::Registry& registry) {
  namespace ops = wire::ops;
  const auto on_group = [](api::Call& call, const auto& r) -> Result<api::Access> {
    return api::Access{{ArnOf(call, "subgrp", r.db_subnet_group_name.empty() ? "*" : ToLower(r.db_subnet_group_name.view()))}, {}};
  };
  registry.Add<ops::CreateDBSubnetGroup>(Create, on_group);
  registry.Add<ops::DescribeDBSubnetGroups>(Describe, on_group);
  registry.Add<ops::ModifyDBSubnetGroup>(Modify, on_group);
  registry.Add<ops::DeleteDBSubnetGroup>(Delete, on_group);
}

}  // namespace terrarium::rds
