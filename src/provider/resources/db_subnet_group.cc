#include "base/text.h"
#include "provider/resource/name.h"
#include "provider/resources/rds.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn                     string computed < DBSubnetGroupArn
description             string optional = "Managed by Terraform" > DBSubnetGroupDescription < DBSubnetGroupDescription
id                      string optional computed < DBSubnetGroupName
name                    string optional computed replaces conflicts=name_prefix < DBSubnetGroupName
name_prefix             string optional computed replaces conflicts=name
region                  string optional computed replaces
subnet_ids              set(string) required > SubnetIds
supported_network_types set(string) computed < SupportedNetworkTypes
tags                    map(string) optional
tags_all                map(string) optional computed
vpc_id                  string computed < VpcId
)";

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithRdsTags(ToApi(call.body, planned), planned);
  const std::string name = ToLower(ChooseName(call, planned));  // RDS keeps names in lower case
  request["DBSubnetGroupName"] = name;
  TRY(call.Tolerate("rds", "CreateDBSubnetGroup", request, {}));
  call.Created(name);
  return {};
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  TRY_ASSIGN(const auto found, call.Find("rds", "DescribeDBSubnetGroups", {{"DBSubnetGroupName", At(state, "id")}},
                                         "DBSubnetGroups", {"DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound"}));
  if (!found) return std::nullopt;
  Object group = FromApi(call.body, *found);
  group["name_prefix"] = PrefixOfName(group["name"].Text());
  group["supported_network_types"] = OrEmpty(group["supported_network_types"]);
  List subnets;
  for (const auto& one : (*found)["Subnets"].Items()) subnets.push_back(one["SubnetIdentifier"]);
  group["subnet_ids"] = std::move(subnets);
  TRY_ASSIGN(group["tags"], ReadRdsTags(call, group["arn"]));
  return group;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  Object request = ToApi(call.body, planned);
  request["DBSubnetGroupName"] = At(prior, "id");
  return call.Tolerate("rds", "ModifyDBSubnetGroup", request, {});
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("rds", "DeleteDBSubnetGroup", {{"DBSubnetGroupName", At(state, "id")}},
                     {"DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound"},
                     {"InvalidDBSubnetGroupStateFault", "InvalidDBSubnetGroupState"});
}

}  // namespace

Resource DbSubnetGroup() {
  return {
      .type = "aws_db_subnet_group",
      .title = "RDS DB Subnet Group",
      .schema = {.body = ParseTable(kTable)},
      .tags = kRdsTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
