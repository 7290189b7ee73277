#include "provider/resources/ec2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn      string computed
id       string optional computed < InternetGatewayId
owner_id string computed < OwnerId
region   string optional computed replaces
tags     map(string) optional
tags_all map(string) optional computed
vpc_id   string optional computed
)";

Result<void> Attach(Call& call, const Value& id, const Value& vpc) {
  if (!vpc.IsKnown() || vpc.Text().empty()) return {};
  return call.Tolerate("ec2", "AttachInternetGateway", {{"InternetGatewayId", id}, {"VpcId", vpc}}, {});
}

// Addresses in use keep a gateway for a while.
Result<void> Detach(Call& call, const Value& id, const Value& vpc) {
  if (vpc.Text().empty()) return {};
  return call.Remove("ec2", "DetachInternetGateway", {{"InternetGatewayId", id}, {"VpcId", vpc}},
                     {"Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"}, {"DependencyViolation"});
}

Result<void> Create(Call& call, const Object& planned) {
  TRY_ASSIGN(const Object made,
             call.Api("ec2", "CreateInternetGateway", WithTagSpecification({}, "internet-gateway", planned)));
  const std::string id = At(made, "InternetGateway")["InternetGatewayId"].Text();
  call.Created(id);
  return Attach(call, id, At(planned, "vpc_id"));
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("ec2", "DescribeInternetGateways", {{"InternetGatewayIds", List{id}}},
                                         "InternetGateways", {"InvalidInternetGatewayID.NotFound"}));
  if (!found) return std::nullopt;
  Object gateway = Ec2Object(call, *found);
  gateway["arn"] = Ec2Arn(call, *found, "internet-gateway", id.Text());
  const auto& attachments = (*found)["Attachments"].Items();
  gateway["vpc_id"] = attachments.empty() ? Value("") : attachments[0]["VpcId"];
  return gateway;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  const Value& id = At(prior, "id");
  if (At(planned, "vpc_id") == At(prior, "vpc_id")) return {};
  TRY(Detach(call, id, At(prior, "vpc_id")));
  return Attach(call, id, At(planned, "vpc_id"));
}

Result<void> Destroy(Call& call, const Object& state) {
  const Value& id = At(state, "id");
  TRY(Detach(call, id, At(state, "vpc_id")));
  return call.Remove("ec2", "DeleteInternetGateway", {{"InternetGatewayId", id}},
                     {"InvalidInternetGatewayID.NotFound"}, {"DependencyViolation"});
}

}  // namespace

Resource InternetGateway() {
  using std::chrono::minutes;
  return {
      .type = "aws_internet_gateway",
      .title = "EC2 Internet Gateway",
      .schema = {.body = ParseTable(kTable)},
      .timeouts = {.create = minutes(20), .update = minutes(20), .destroy = minutes(20)},
      .tags = kEc2Tags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
