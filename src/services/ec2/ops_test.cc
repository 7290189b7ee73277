#include <gmock/gmock.h>

#include "base/text.h"
#include "services/ec2/ec2_fixture.h"

namespace terrarium::ec2 {
namespace {

using testing::Contains;
using testing::ElementsAre;
namespace ops = wire::ops;

TEST_F(Ec2Test, EveryOperationOfTheModelIsServedAndHasAnAction) {
  for (std::uint16_t i = 0; i < wire::kService.operation_count; ++i) {
    const std::string name((*wire::kService.tables)[wire::kService.operations[i].name]);
    const auto* row = registry_.Find(wire::kService, name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_EQ(row->action, "ec2:" + name);
  }
}

TEST_F(Ec2Test, AVpcIsBornWithItsDefaultsAndIsPendingUntilTheHostHasIt) {
  const std::string vpc = MakeVpc();
  const auto state = [&] { return (*Run<ops::DescribeVpcs>({}))->vpcs[0].state.str(); };
  EXPECT_EQ(state(), "pending");
  Settle();
  EXPECT_EQ(state(), "available");
  const auto groups = Run<ops::DescribeSecurityGroups>({});
  ASSERT_EQ((*groups)->security_groups.size(), 1u);
  const auto& group = (*groups)->security_groups[0];
  EXPECT_EQ(group.group_name, "default");
  EXPECT_EQ(group.ip_permissions[0].user_id_group_pairs[0].group_id, group.group_id);
  EXPECT_EQ(group.ip_permissions_egress[0].ip_ranges[0].cidr_ip, "0.0.0.0/0");
  EXPECT_FALSE(group.ip_permissions[0].from_port) << "all traffic has no ports";
  const auto tables = Run<ops::DescribeRouteTables>({});
  ASSERT_EQ((*tables)->route_tables.size(), 1u);
  EXPECT_EQ((*tables)->route_tables[0].associations[0].main, true);
  EXPECT_EQ((*tables)->route_tables[0].routes[0].gateway_id, "local");
  const auto acls = Run<ops::DescribeNetworkAcls>({});
  EXPECT_EQ((*acls)->network_acls[0].is_default, true);
  EXPECT_EQ((*acls)->network_acls[0].vpc_id, vpc);
}

TEST_F(Ec2Test, VpcsAnswerAsAwsDoes) {
  const auto create = [&](const char* cidr) {
    wire::CreateVpcRequest request;
    request.cidr_block = cidr;
    return Code<ops::CreateVpc>(request);
  };
  EXPECT_EQ(create("10.0.0.0"), "InvalidParameterValue");
  EXPECT_EQ(create("10.0.0.0/8"), "InvalidVpc.Range");
  EXPECT_EQ(create("10.0.0.0/29"), "InvalidVpc.Range");
  wire::CreateVpcRequest v6;
  v6.cidr_block = "10.0.0.0/16";
  v6.amazon_provided_ipv6_cidr_block = true;
  EXPECT_EQ(Code<ops::CreateVpc>(v6), "UnsupportedOperation");
  v6.amazon_provided_ipv6_cidr_block = false;
  EXPECT_EQ(Code<ops::CreateVpc>(v6), "");
  wire::DeleteVpcRequest gone;
  gone.vpc_id = "vpc-00000000";
  EXPECT_EQ(Code<ops::DeleteVpc>(gone), "InvalidVpcID.NotFound");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(create("10.0.0.0/16"), "") << "blocks may be the same";
  EXPECT_EQ(create("10.0.0.0/16"), "VpcLimitExceeded");
  caller_.region = "us-east-1";
  EXPECT_EQ(create("10.0.0.0/16"), "") << "the quota is for a region";
  EXPECT_EQ((*Run<ops::DescribeVpcs>({}))->vpcs.size(), 1u);
}

TEST_F(Ec2Test, DryRunSaysThatItWouldAndDoesNot) {
  wire::CreateVpcRequest request;
  request.cidr_block = "10.0.0.0/16";
  request.dry_run = true;
  EXPECT_EQ(Code<ops::CreateVpc>(request), "DryRunOperation");
  EXPECT_EQ((*Run<ops::DescribeVpcs>({}))->vpcs.size(), 0u);
}

TEST_F(Ec2Test, DnsAttributesArePerVpc) {
  const std::string vpc = MakeVpc();
  wire::AttributeBooleanValue yes{.value = true}, no{.value = false};
  wire::ModifyVpcAttributeRequest modify;
  modify.vpc_id = Str(vpc);
  modify.enable_dns_hostnames = &yes;
  EXPECT_EQ(Code<ops::ModifyVpcAttribute>(modify), "");
  wire::DescribeVpcAttributeRequest describe;
  describe.vpc_id = Str(vpc);
  describe.attribute = "enableDnsHostnames";
  EXPECT_EQ((*Run<ops::DescribeVpcAttribute>(describe))->enable_dns_hostnames->value, true);
  describe.attribute = "enableDnsSupport";
  EXPECT_EQ((*Run<ops::DescribeVpcAttribute>(describe))->enable_dns_support->value, true);
  modify.enable_dns_hostnames = nullptr;
  modify.enable_dns_support = &no;
  EXPECT_EQ(Code<ops::ModifyVpcAttribute>(modify), "UnsupportedOperation") << "the resolver cannot be switched off";
}

TEST_F(Ec2Test, SubnetsStayInsideAndApart) {
  const std::string vpc = MakeVpc();
  const std::string first = MakeSubnet(vpc, "10.0.1.0/24");
  const auto create = [&](const char* cidr, const char* zone) {
    wire::CreateSubnetRequest request;
    request.vpc_id = Str(vpc);
    request.cidr_block = cidr;
    request.availability_zone = zone;
    return Code<ops::CreateSubnet>(request);
  };
  EXPECT_EQ(create("10.1.0.0/24", "eu-west-1a"), "InvalidSubnet.Range");
  EXPECT_EQ(create("10.0.2.0/29", "eu-west-1a"), "InvalidSubnet.Range");
  EXPECT_EQ(create("10.0.1.128/25", "eu-west-1a"), "InvalidSubnet.Conflict");
  EXPECT_EQ(create("10.0.2.0/24", "eu-west-1z"), "InvalidParameterValue");
  EXPECT_EQ(create("10.0.2.0/24", "eu-west-1b"), "");
  const auto listed = Run<ops::DescribeSubnets>({});
  ASSERT_EQ((*listed)->subnets.size(), 2u);
  for (const auto& subnet : (*listed)->subnets) EXPECT_EQ(subnet.available_ip_address_count, 251);
  wire::DescribeSubnetsRequest filtered;
  auto& filter = filtered.filters.Add(arena_);
  filter.name = "availability-zone-id";
  filter.values.Add(arena_, Str("euw1-az2"));
  EXPECT_EQ((*Run<ops::DescribeSubnets>(filtered))->subnets.size(), 1u);
  filter.name = "colour";
  EXPECT_EQ(Code<ops::DescribeSubnets>(filtered), "InvalidParameterValue");
  wire::DescribeSubnetsRequest missing;
  missing.subnet_ids.Add(arena_, Str("subnet-00000000"));
  EXPECT_EQ(Code<ops::DescribeSubnets>(missing), "InvalidSubnetID.NotFound");
}

TEST_F(Ec2Test, NothingGoesThatSomethingDependsOn) {
  const std::string vpc = MakeVpc(), subnet = MakeSubnet(vpc, "10.0.1.0/24"), group = MakeGroup(vpc, "web"), gateway = AttachGateway(vpc);
  wire::DeleteVpcRequest delete_vpc;
  delete_vpc.vpc_id = Str(vpc);
  EXPECT_EQ(Code<ops::DeleteVpc>(delete_vpc), "DependencyViolation");
  wire::DeleteInternetGatewayRequest delete_gateway;
  delete_gateway.internet_gateway_id = Str(gateway);
  EXPECT_EQ(Code<ops::DeleteInternetGateway>(delete_gateway), "DependencyViolation");
  const auto eni = With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = subnet, .groups = {group}, .public_address = true}); });
  ASSERT_TRUE(eni);
  Settle();
  wire::DeleteSubnetRequest delete_subnet;
  delete_subnet.subnet_id = Str(subnet);
  EXPECT_EQ(Code<ops::DeleteSubnet>(delete_subnet), "DependencyViolation");
  wire::DeleteSecurityGroupRequest delete_group;
  delete_group.group_id = Str(group);
  EXPECT_EQ(Code<ops::DeleteSecurityGroup>(delete_group), "DependencyViolation");
  wire::DetachInternetGatewayRequest detach;
  detach.internet_gateway_id = Str(gateway);
  detach.vpc_id = Str(vpc);
  EXPECT_EQ(Code<ops::DetachInternetGateway>(detach), "DependencyViolation");

  EXPECT_TRUE(With([&](const Scope& scope) { return ReleaseEni(scope, eni->id); }));
  EXPECT_EQ(Code<ops::DeleteSecurityGroup>(delete_group), "DependencyViolation") << "the host still has the interface";
  Settle();
  EXPECT_EQ(Code<ops::DetachInternetGateway>(detach), "");
  EXPECT_EQ(Code<ops::DetachInternetGateway>(detach), "Gateway.NotAttached");
  EXPECT_EQ(Code<ops::DeleteInternetGateway>(delete_gateway), "");
  EXPECT_EQ(Code<ops::DeleteSecurityGroup>(delete_group), "");
  EXPECT_EQ(Code<ops::DeleteSubnet>(delete_subnet), "");
  EXPECT_EQ(Code<ops::DeleteVpc>(delete_vpc), "");
  Settle();
  EXPECT_TRUE(network_.List()->vpcs.empty());
  EXPECT_TRUE((*Run<ops::DescribeSecurityGroups>({}))->security_groups.empty());
  EXPECT_TRUE((*Run<ops::DescribeRouteTables>({}))->route_tables.empty());
}

TEST_F(Ec2Test, RoutesAndAssociations) {
  const std::string vpc = MakeVpc(), subnet = MakeSubnet(vpc, "10.0.1.0/24");
  wire::CreateRouteTableRequest create;
  create.vpc_id = Str(vpc);
  const std::string table = (*Run<ops::CreateRouteTable>(create))->route_table->route_table_id.str();
  const auto loose = Run<ops::CreateInternetGateway>({});
  wire::CreateRouteRequest route;
  route.route_table_id = Str(table);
  route.destination_cidr_block = "0.0.0.0/0";
  route.gateway_id = (*loose)->internet_gateway->internet_gateway_id;
  EXPECT_EQ(Code<ops::CreateRoute>(route), "InvalidParameterValue") << "not attached to this VPC";
  const std::string gateway = AttachGateway(vpc);
  route.gateway_id = Str(gateway);
  EXPECT_EQ(Code<ops::CreateRoute>(route), "");
  EXPECT_EQ(Code<ops::CreateRoute>(route), "") << "the very same route again";
  route.destination_cidr_block = "10.0.1.0/24";
  EXPECT_EQ(Code<ops::CreateRoute>(route), "InvalidParameterValue") << "more specific than local";
  route.destination_cidr_block = "0.0.0.0/0";
  route.gateway_id = {};
  route.nat_gateway_id = "nat-00000000";
  EXPECT_EQ(Code<ops::CreateRoute>(route), "UnsupportedOperation");

  wire::AssociateRouteTableRequest associate;
  associate.route_table_id = Str(table);
  associate.subnet_id = Str(subnet);
  const auto association = Run<ops::AssociateRouteTable>(associate);
  ASSERT_TRUE(association);
  EXPECT_EQ(Code<ops::AssociateRouteTable>(associate), "Resource.AlreadyAssociated");
  wire::DeleteRouteTableRequest delete_table;
  delete_table.route_table_id = Str(table);
  EXPECT_EQ(Code<ops::DeleteRouteTable>(delete_table), "DependencyViolation");

  wire::DescribeRouteTablesRequest by_subnet;
  auto& filter = by_subnet.filters.Add(arena_);
  filter.name = "association.subnet-id";
  filter.values.Add(arena_, Str(subnet));
  const auto found = Run<ops::DescribeRouteTables>(by_subnet);
  ASSERT_EQ((*found)->route_tables.size(), 1u);
  EXPECT_EQ((*found)->route_tables[0].routes[1].state, "active");
  wire::DetachInternetGatewayRequest detach;
  detach.internet_gateway_id = Str(gateway);
  detach.vpc_id = Str(vpc);
  EXPECT_EQ(Code<ops::DetachInternetGateway>(detach), "");
  EXPECT_EQ((*Run<ops::DescribeRouteTables>(by_subnet))->route_tables[0].routes[1].state, "blackhole");

  wire::DeleteRouteRequest delete_route;
  delete_route.route_table_id = Str(table);
  delete_route.destination_cidr_block = "0.0.0.0/0";
  EXPECT_EQ(Code<ops::DeleteRoute>(delete_route), "");
  EXPECT_EQ(Code<ops::DeleteRoute>(delete_route), "InvalidRoute.NotFound");
  wire::DisassociateRouteTableRequest disassociate;
  disassociate.association_id = (*association)->association_id;
  EXPECT_EQ(Code<ops::DisassociateRouteTable>(disassociate), "");
  EXPECT_EQ(Code<ops::DisassociateRouteTable>(disassociate), "InvalidAssociationID.NotFound");
  EXPECT_EQ(Code<ops::DeleteRouteTable>(delete_table), "");
}

TEST_F(Ec2Test, TheMainTableCanBeAnother) {
  const std::string vpc = MakeVpc();
  const auto main = (*Run<ops::DescribeRouteTables>({}))->route_tables[0].associations[0];
  wire::CreateRouteTableRequest create;
  create.vpc_id = Str(vpc);
  const std::string table = (*Run<ops::CreateRouteTable>(create))->route_table->route_table_id.str();
  wire::ReplaceRouteTableAssociationRequest replace;
  replace.association_id = main.route_table_association_id;
  replace.route_table_id = Str(table);
  EXPECT_EQ(Code<ops::ReplaceRouteTableAssociation>(replace), "");
  wire::DeleteRouteTableRequest gone;
  gone.route_table_id = Str(table);
  EXPECT_EQ(Code<ops::DeleteRouteTable>(gone), "DependencyViolation");
  gone.route_table_id = main.route_table_id;
  EXPECT_EQ(Code<ops::DeleteRouteTable>(gone), "") << "the old one is like any other now";
  wire::DeleteVpcRequest delete_vpc;
  delete_vpc.vpc_id = Str(vpc);
  EXPECT_EQ(Code<ops::DeleteVpc>(delete_vpc), "");
}

TEST_F(Ec2Test, GroupNames) {
  const std::string vpc = MakeVpc();
  MakeGroup(vpc, "web");
  const auto create = [&](const char* name, const char* description) {
    wire::CreateSecurityGroupRequest request;
    request.vpc_id = Str(vpc);
    request.group_name = name;
    request.description = description;
    return Code<ops::CreateSecurityGroup>(request);
  };
  EXPECT_EQ(create("web", "again"), "InvalidGroup.Duplicate");
  EXPECT_EQ(create("default", "no"), "InvalidParameterValue");
  EXPECT_EQ(create("sg-mine", "no"), "InvalidParameterValue");
  EXPECT_EQ(create("w\"eb", "no"), "InvalidParameterValue");
  EXPECT_EQ(create("other", "gr\xC3\xBCn"), "InvalidParameterValue");
  wire::DescribeSecurityGroupsRequest defaults;
  auto& filter = defaults.filters.Add(arena_);
  filter.name = "group-name";
  filter.values.Add(arena_, Str("default"));
  const auto found = Run<ops::DescribeSecurityGroups>(defaults);
  wire::DeleteSecurityGroupRequest gone;
  gone.group_id = (*found)->security_groups[0].group_id;
  EXPECT_EQ(Code<ops::DeleteSecurityGroup>(gone), "CannotDelete");
}

TEST_F(Ec2Test, RulesComeAndGoOneByOne) {
  const std::string vpc = MakeVpc(), web = MakeGroup(vpc, "web"), db = MakeGroup(vpc, "db");
  EXPECT_EQ(Allow(web, Tcp(80, "0.0.0.0/0")), "");
  EXPECT_EQ(Allow(web, Tcp(80, "0.0.0.0/0")), "InvalidPermission.Duplicate");
  EXPECT_EQ(Allow(web, Tcp(80, "10.0.0.1/16")), "InvalidParameterValue");
  EXPECT_EQ(Allow(web, Tcp(80, "sg-00000000")), "InvalidGroup.NotFound");
  EXPECT_EQ(Allow(db, Tcp(3306, web, "from the web")), "");
  wire::IpPermission v6 = Tcp(80, "10.0.0.0/16");
  v6.ipv6_ranges.Add(arena_).cidr_ipv6 = "::/0";
  EXPECT_EQ(Allow(web, v6), "UnsupportedOperation");

  wire::DeleteSecurityGroupRequest gone;
  gone.group_id = Str(web);
  EXPECT_EQ(Code<ops::DeleteSecurityGroup>(gone), "DependencyViolation") << "another group names it";

  wire::DescribeSecurityGroupRulesRequest by_group;
  auto& filter = by_group.filters.Add(arena_);
  filter.name = "group-id";
  filter.values.Add(arena_, Str(db));
  const auto rules = Run<ops::DescribeSecurityGroupRules>(by_group);
  ASSERT_EQ((*rules)->security_group_rules.size(), 2u);
  const wire::SecurityGroupRule* rule = nullptr;
  for (const auto& one : (*rules)->security_group_rules)
    if (one.is_egress == false) rule = &one;
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->referenced_group_info->group_id, web);
  EXPECT_EQ(rule->description, "from the web");
  EXPECT_EQ(rule->from_port, 3306);

  wire::ModifySecurityGroupRulesRequest modify;
  modify.group_id = Str(db);
  auto& update = modify.security_group_rules.Add(arena_);
  update.security_group_rule_id = rule->security_group_rule_id;
  wire::SecurityGroupRuleRequest changed;
  changed.ip_protocol = "6";
  changed.from_port = changed.to_port = 3307;
  changed.referenced_group_id = Str(web);
  update.security_group_rule = &changed;
  EXPECT_EQ(Code<ops::ModifySecurityGroupRules>(modify), "");
  wire::DescribeSecurityGroupRulesRequest by_id;
  by_id.security_group_rule_ids.Add(arena_, rule->security_group_rule_id);
  const auto after = Run<ops::DescribeSecurityGroupRules>(by_id);
  EXPECT_EQ((*after)->security_group_rules[0].from_port, 3307);
  EXPECT_EQ((*after)->security_group_rules[0].ip_protocol, "tcp");

  wire::RevokeSecurityGroupIngressRequest revoke;
  revoke.group_id = Str(db);
  revoke.security_group_rule_ids.Add(arena_, rule->security_group_rule_id);
  EXPECT_EQ(Code<ops::RevokeSecurityGroupIngress>(revoke), "");
  EXPECT_EQ(Code<ops::RevokeSecurityGroupIngress>(revoke), "InvalidSecurityGroupRuleId.NotFound");
  EXPECT_EQ(Code<ops::DeleteSecurityGroup>(gone), "");

  // Terraform takes the rule away that every group is born with, and the one of IPv6 that it expects.
  wire::RevokeSecurityGroupEgressRequest born;
  born.group_id = Str(db);
  auto& all = born.ip_permissions.Add(arena_);
  all.ip_protocol = "-1";
  all.ip_ranges.Add(arena_).cidr_ip = "0.0.0.0/0";
  EXPECT_EQ(Code<ops::RevokeSecurityGroupEgress>(born), "");
  EXPECT_EQ(Code<ops::RevokeSecurityGroupEgress>(born), "InvalidPermission.NotFound");
  all.ip_ranges = {};
  all.ipv6_ranges.Add(arena_).cidr_ipv6 = "::/0";
  EXPECT_EQ(Code<ops::RevokeSecurityGroupEgress>(born), "InvalidPermission.NotFound");
}

TEST_F(Ec2Test, TagsAreOnEverythingAndNeedTheirPermission) {
  wire::CreateVpcRequest request;
  request.cidr_block = "10.0.0.0/16";
  auto& specification = request.tag_specifications.Add(arena_);
  specification.resource_type = "vpc";
  specification.tags.Add(arena_, {.key = "Name", .value = "main"});
  authorizer_.denied = {"ec2:CreateTags"};
  EXPECT_EQ(Code<ops::CreateVpc>(request), "UnauthorizedOperation");
  authorizer_.denied = {};
  const std::string vpc = (*Run<ops::CreateVpc>(request))->vpc->vpc_id.str();
  specification.resource_type = "subnet";
  EXPECT_EQ(Code<ops::CreateVpc>(request), "InvalidParameterValue");
  const std::string subnet = MakeSubnet(vpc, "10.0.1.0/24"), group = MakeGroup(vpc, "web"), gateway = AttachGateway(vpc);
  wire::CreateTagsRequest tag;
  for (const auto& id : {subnet, group, gateway}) tag.resources.Add(arena_, Str(arena_.Copy(id)));
  tag.tags.Add(arena_, {.key = "Project", .value = "drupal"});
  EXPECT_EQ(Code<ops::CreateTags>(tag), "");
  EXPECT_THAT(authorizer_.asked, Contains("ec2:CreateTags arn:aws:ec2:eu-west-1:000000000001:security-group/" + group));
  EXPECT_EQ((*Run<ops::DescribeTags>({}))->tags.size(), 4u);
  wire::DescribeSubnetsRequest by_tag;
  auto& filter = by_tag.filters.Add(arena_);
  filter.name = "tag:Project";
  filter.values.Add(arena_, Str("dru*"));
  EXPECT_EQ((*Run<ops::DescribeSubnets>(by_tag))->subnets.size(), 1u);
  wire::DeleteTagsRequest untag;
  untag.resources = tag.resources;
  untag.tags.Add(arena_, {.key = "Project", .value = {}});
  EXPECT_EQ(Code<ops::DeleteTags>(untag), "");
  EXPECT_EQ((*Run<ops::DescribeTags>({}))->tags.size(), 1u);
  tag.tags = {};
  tag.tags.Add(arena_, {.key = "aws:mine", .value = "x"});
  EXPECT_EQ(Code<ops::CreateTags>(tag), "InvalidParameterValue");
  tag.resources = {};
  tag.resources.Add(arena_, Str("i-00000000"));
  tag.tags[0].key = "x";
  EXPECT_EQ(Code<ops::CreateTags>(tag), "InvalidID");
}

TEST_F(Ec2Test, InterfacesOfUsersAndOfServices) {
  const std::string vpc = MakeVpc(), subnet = MakeSubnet(vpc, "10.0.1.0/28"), group = MakeGroup(vpc, "web");
  wire::CreateNetworkInterfaceRequest create;
  create.subnet_id = Str(subnet);
  create.groups.Add(arena_, Str(group));
  create.private_ip_address = "10.0.1.9";
  create.client_token = "once";
  const auto made = Run<ops::CreateNetworkInterface>(create);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)->network_interface->private_dns_name, "ip-10-0-1-9.eu-west-1.compute.internal");
  EXPECT_EQ((*Run<ops::CreateNetworkInterface>(create))->network_interface->network_interface_id, (*made)->network_interface->network_interface_id);
  create.client_token = "twice";
  EXPECT_EQ(Code<ops::CreateNetworkInterface>(create), "InvalidIPAddress.InUse");
  create.private_ip_address = "10.0.1.3";
  EXPECT_EQ(Code<ops::CreateNetworkInterface>(create), "InvalidParameterValue");
  const auto owned = With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = subnet, .requester = "ecs"}); });
  ASSERT_TRUE(owned);
  EXPECT_EQ(owned->address, "10.0.1.4");
  wire::DeleteNetworkInterfaceRequest gone;
  gone.network_interface_id = Str(owned->id);
  EXPECT_EQ(Code<ops::DeleteNetworkInterface>(gone), "InvalidParameterValue") << "its service has it";
  gone.network_interface_id = (*made)->network_interface->network_interface_id;
  EXPECT_EQ(Code<ops::DeleteNetworkInterface>(gone), "");
  EXPECT_EQ(Code<ops::DeleteNetworkInterface>(gone), "InvalidNetworkInterfaceID.NotFound");
  // Sixteen less five, one taken, one not free before the host lets go of it.
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = subnet}); })) << i;
  const auto none = With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = subnet}); });
  EXPECT_EQ(none.error().code, "InsufficientFreeAddressesInSubnet");
  Settle();
  EXPECT_TRUE(With([&](const Scope& scope) { return AllocateEni(scope, {.subnet = subnet}); }));
}

TEST_F(Ec2Test, ListsComeInPages) {
  const std::string vpc = MakeVpc();
  for (int i = 0; i < 12; ++i) MakeSubnet(vpc, ("10.0." + std::to_string(i) + ".0/24").c_str());
  std::set<std::string> seen;
  wire::DescribeSubnetsRequest request;
  request.max_results = 5;
  int pages = 0;
  for (;; ++pages) {
    const auto page = Run<ops::DescribeSubnets>(request);
    ASSERT_TRUE(page);
    for (const auto& subnet : (*page)->subnets) EXPECT_TRUE(seen.insert(subnet.subnet_id.str()).second);
    request.next_token = (*page)->next_token;
    if (!request.next_token) break;
  }
  EXPECT_EQ(seen.size(), 12u);
  EXPECT_EQ(pages, 2);
  request.max_results = 2;
  EXPECT_FALSE(Run<ops::DescribeSubnets>(request)) << "the model's minimum is five";
}

TEST(Ec2NamesTest, ZonesAndPatterns) {
  EXPECT_EQ(ZoneId("us-east-1a"), "use1-az1");
  EXPECT_EQ(ZoneId("ap-southeast-2c"), "apse2-az3");
  EXPECT_EQ(ZoneId("eu-central-1b"), "euc1-az2");
  EXPECT_EQ(ZoneId("ap-northeast-1a"), "apne1-az1");
  for (const auto& [pattern, text, match] : std::vector<std::tuple<const char*, const char*, bool>>{
           {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abb", false}, {"?", "x", true}, {"?", "", false}, {"\\*", "*", true}, {"\\*", "x", false}, {"dr*al", "drupal", true}})
    EXPECT_EQ(MatchesPattern(pattern, text), match) << pattern << ' ' << text;
}

}  // namespace
}  // namespace terrarium::ec2
