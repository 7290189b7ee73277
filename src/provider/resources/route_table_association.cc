#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
gateway_id     string optional replaces conflicts=subnet_id <> GatewayId
id             string optional computed follows=route_table_id < RouteTableAssociationId
region         string optional computed replaces
route_table_id string required <> RouteTableId
subnet_id      string optional replaces conflicts=gateway_id <> SubnetId
)";

// The association that a filter of DescribeRouteTables leads to, when `matches` says so.
template <class Matches>
Result<std::optional<Value>> FindAssociation(Call& call, std::string_view filter, const Value& value,
                                             const Matches& matches) {
  TRY_ASSIGN(const auto table, call.Find("ec2", "DescribeRouteTables", {{"Filters", Filter(filter, value)}},
                                         "RouteTables", {}));
  if (!table) return std::nullopt;
  for (const auto& one : (*table)["Associations"].Items())
    if (matches(one) && one["AssociationState"]["State"] != Value("disassociated")) return std::optional(one);
  return std::nullopt;
}

Result<std::optional<Value>> FindById(Call& call, const Value& id) {
  return FindAssociation(call, "association.route-table-association-id", id,
                         [&](const Value& one) { return one["RouteTableAssociationId"] == id; });
}

Result<void> WaitAssociated(Call& call, const Value& id) {
  return call.WaitUntil("waiting for " + id.Text(), [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found, FindById(call, id));
    const std::string state = found ? (*found)["AssociationState"]["State"].Text() : "";
    return found && (state == "associated" || state.empty());
  });
}

Result<void> Create(Call& call, const Object& planned) {
  TRY_ASSIGN(const Object made, call.Api("ec2", "AssociateRouteTable", ToApi(call.body, planned)));
  const std::string id = At(made, "AssociationId").Text();
  call.Created(id);
  return WaitAssociated(call, id);
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  // By the table where it is known: that read is one with those of the table and of its routes.
  const Value &id = At(state, "id"), &table_id = At(state, "route_table_id");
  if (!table_id.IsKnown() || call.created_id() == id.Text()) {
    TRY_ASSIGN(const auto found, FindById(call, id));
    return found ? std::optional(FromApi(call.body, *found)) : std::nullopt;
  }
  TRY_ASSIGN(const auto table, call.Find("ec2", "DescribeRouteTables", {{"RouteTableIds", List{table_id}}}, "RouteTables",
                                         {"InvalidRouteTableID.NotFound"}));
  if (!table) return std::nullopt;
  for (const auto& one : (*table)["Associations"].Items())
    if (one["RouteTableAssociationId"] == id && one["AssociationState"]["State"] != Value("disassociated"))
      return FromApi(call.body, one);
  return std::nullopt;
}

// The association gets another id.
Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  TRY_ASSIGN(const Object made,
             call.Api("ec2", "ReplaceRouteTableAssociation",
                      {{"AssociationId", At(prior, "id")}, {"RouteTableId", At(planned, "route_table_id")}}));
  const std::string id = At(made, "NewAssociationId").Text();
  call.Created(id);
  return WaitAssociated(call, id);
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("ec2", "DisassociateRouteTable", {{"AssociationId", At(state, "id")}},
                     {"InvalidAssociationID.NotFound"});
}

// subnet-…/rtb-… or igw-…/rtb-…
Result<Object> Import(Call& call, const std::string& id) {
  const auto slash = id.find('/');
  if (slash == id.npos) return Fail(ErrorKind::kInvalid, "expected <subnet or gateway id>/<route table id>");
  const Value target = id.substr(0, slash), table = id.substr(slash + 1);
  const bool subnet = target.Text().starts_with("subnet-");
  TRY_ASSIGN(const auto found,
             FindAssociation(call, subnet ? "association.subnet-id" : "association.gateway-id", target,
                             [&](const Value& one) {
                               return one[subnet ? "SubnetId" : "GatewayId"] == target && one["RouteTableId"] == table;
                             }));
  if (!found) return Fail(ErrorKind::kNotFound, "no such association");
  return Object{{"id", (*found)["RouteTableAssociationId"]}};
}

}  // namespace

Resource RouteTableAssociation() {
  using std::chrono::minutes;
  return {
      .type = "aws_route_table_association",
      .title = "EC2 Route Table Association",
      .schema = {.body = ParseTable(kTable)},
      .timeouts = {.create = minutes(5), .update = minutes(2), .destroy = minutes(5)},
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
      .import = Import,
  };
}

}  // namespace terrarium::provider
