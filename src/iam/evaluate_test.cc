#include "iam/evaluate.h"

#include <gtest/gtest.h>

namespace terrarium::iam {
namespace {

constexpr char kAccount[] = "000000000001";
constexpr char kRoleArn[] = "arn:aws:iam::000000000001:role/app/web";
constexpr char kSessionArn[] = "arn:aws:sts::000000000001:assumed-role/web/s1";

std::unique_ptr<PolicySet> Set(std::initializer_list<std::pair<const char*, const char*>> named) {
  auto set = std::make_unique<PolicySet>();
  for (const auto& [name, statement] : named) {
    auto policy = ParsePolicy(std::string("{\"Version\":\"2012-10-17\",\"Statement\":") + statement + "}", PolicyKind::kIdentity);
    EXPECT_TRUE(policy) << policy.error().message;
    set->Add(*policy, name);
  }
  set->Seal();
  return set;
}
std::unique_ptr<PolicySet> Set(const char* statement) { return Set({{"", statement}}); }

ResourcePolicy OnResource(std::string_view statement, std::vector<ResourcePolicy::Binding> bindings = {}) {
  auto policy = ParsePolicy("{\"Version\":\"2012-10-17\",\"Statement\":" + std::string(statement) + "}", PolicyKind::kResource);
  EXPECT_TRUE(policy) << policy.error().message;
  return ResourcePolicy(*policy, std::move(bindings));
}

Principal Session() {
  return {.kind = Principal::Kind::kRoleSession, .account = kAccount, .arn = kSessionArn, .role_arn = kRoleArn, .unique_id = "AROAROAROAROAROAROARO", .service = {}};
}
Principal Root() { return {.kind = Principal::Kind::kRoot, .account = kAccount, .arn = "arn:aws:iam::000000000001:root", .role_arn = {}, .unique_id = kAccount, .service = {}}; }

constexpr char kAllowGet[] = R"({"Effect":"Allow","Action":"secretsmanager:Get*","Resource":"arn:aws:secretsmanager:*:*:secret:a-*"})";
const Request kGet{.action = "secretsmanager:GetSecretValue", .resource = "arn:aws:secretsmanager:eu-west-1:000000000001:secret:a-b1"};

std::string Say(const Principal& who, const Outcome& outcome, const Request& request = kGet) {
  return outcome.allowed ? "allowed" : AccessDeniedMessage(who, request, outcome);
}

const std::string kWho = "User: arn:aws:sts::000000000001:assumed-role/web/s1 is not authorized to perform: secretsmanager:GetSecretValue on resource: "
                         "arn:aws:secretsmanager:eu-west-1:000000000001:secret:a-b1";

TEST(EvaluateTest, LayersWithinAnAccount) {
  const auto allow = Set(kAllowGet), other = Set(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
  const auto deny = Set({{"", kAllowGet}, {"arn:aws:iam::000000000001:policy/no", R"({"Effect":"Deny","Action":"*","Resource":"*"})"}});
  const std::string tail = " allows the secretsmanager:GetSecretValue action";
  struct Row {
    Layers layers;
    std::string says;
  };
  const Row rows[] = {
      {{}, kWho + " because no identity-based policy" + tail},
      {{.identity = other.get()}, kWho + " because no identity-based policy" + tail},
      {{.identity = allow.get()}, "allowed"},
      {{.identity = allow.get(), .boundary = other.get()}, kWho + " because no permissions boundary" + tail},
      {{.identity = allow.get(), .boundary = allow.get()}, "allowed"},
      {{.identity = allow.get(), .boundary = allow.get(), .session = other.get()}, kWho + " because no session policy" + tail},
      {{.identity = deny.get()}, kWho + " with an explicit deny in an identity-based policy: arn:aws:iam::000000000001:policy/no"},
      {{.identity = allow.get(), .boundary = deny.get()}, kWho + " with an explicit deny in a permissions boundary: arn:aws:iam::000000000001:policy/no"},
      {{.identity = allow.get(), .session = deny.get()}, kWho + " with an explicit deny in a session policy: arn:aws:iam::000000000001:policy/no"},
  };
  for (const Row& row : rows) EXPECT_EQ(Say(Session(), Evaluate(Session(), row.layers, {.request = kGet})), row.says);
}

TEST(EvaluateTest, RootNeedsNoPolicyButBowsToTheResource) {
  EXPECT_TRUE(Evaluate(Root(), {}, {.request = kGet}).allowed);
  const ResourcePolicy deny = OnResource(R"({"Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":"*"})");
  EXPECT_FALSE(Evaluate(Root(), {}, {.request = kGet, .resource_policy = &deny}).allowed);
  const ResourcePolicy service = OnResource(R"({"Effect":"Allow","Principal":{"Service":"x.amazonaws.com"},"Action":"secretsmanager:*","Resource":"*"})");
  EXPECT_FALSE(Evaluate(Root(), {}, {.request = kGet, .resource_policy = &service, .rule = ResourceRule::kMustGrant}).allowed);
}

// reference/identity 2.2: what an Allow in a resource policy is worth, by whom it names.
TEST(EvaluateTest, ResourcePolicyOfTheSameAccount) {
  const auto allow = Set(kAllowGet), other = Set(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
  const auto named = [](std::string_view principal) {
    return OnResource(R"({"Effect":"Allow","Principal":)" + std::string(principal) + R"(,"Action":"secretsmanager:GetSecretValue","Resource":"*"})");
  };
  const ResourcePolicy session = named(R"({"AWS":"arn:aws:sts::000000000001:assumed-role/web/s1"})"), any = named("\"*\""),
                       role = named(R"({"AWS":"arn:aws:iam::000000000001:role/app/web"})"), account = named(R"({"AWS":"000000000001"})"),
                       stranger = named(R"({"AWS":"arn:aws:sts::000000000001:assumed-role/web/s2"})");
  const auto ask = [&](const ResourcePolicy& policy, Layers layers, ResourceRule rule = ResourceRule::kMayGrant) {
    return Evaluate(Session(), layers, {.request = kGet, .resource_policy = &policy, .rule = rule}).allowed;
  };
  const Layers cut{.identity = nullptr, .boundary = other.get()};
  EXPECT_TRUE(ask(session, {}));
  EXPECT_TRUE(ask(session, cut));
  EXPECT_TRUE(ask(any, cut));
  EXPECT_TRUE(ask(role, {}));
  EXPECT_FALSE(ask(role, cut));
  EXPECT_FALSE(ask(account, {}));
  EXPECT_TRUE(ask(account, {.identity = allow.get()}));
  EXPECT_FALSE(ask(stranger, {}));
  EXPECT_TRUE(ask(stranger, {.identity = allow.get()}));
  EXPECT_FALSE(ask(stranger, {.identity = allow.get()}, ResourceRule::kMustGrant));
  EXPECT_TRUE(ask(account, {.identity = allow.get()}, ResourceRule::kMustGrant));
  EXPECT_FALSE(ask(account, {}, ResourceRule::kMustGrant));
}

TEST(EvaluateTest, AnotherAccountNeedsBothSides) {
  const auto allow = Set(kAllowGet);
  const ResourcePolicy role = OnResource(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:role/app/web"},"Action":"*","Resource":"*"})");
  const Access access{.request = kGet, .resource_account = "000000000002", .resource_policy = &role};
  EXPECT_FALSE(Evaluate(Session(), {}, access).allowed);
  EXPECT_TRUE(Evaluate(Session(), {.identity = allow.get()}, access).allowed);
  const Outcome silent = Evaluate(Session(), {.identity = allow.get()}, {.request = kGet, .resource_account = "000000000002"});
  EXPECT_EQ(Say(Session(), silent), kWho + " because no resource-based policy allows the secretsmanager:GetSecretValue action");
}

TEST(EvaluateTest, ARecreatedRoleIsNotTheOneThatWasTrusted) {
  const char* statement = R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:role/app/web"},"Action":"*","Resource":"*"})";
  const ResourcePolicy mine = OnResource(statement, {{kRoleArn, "AROAROAROAROAROAROARO"}}), old = OnResource(statement, {{kRoleArn, "AROAOLDOLDOLDOLDOLDOL"}});
  EXPECT_TRUE(Evaluate(Session(), {}, {.request = kGet, .resource_policy = &mine}).allowed);
  EXPECT_FALSE(Evaluate(Session(), {}, {.request = kGet, .resource_policy = &old}).allowed);
}

TEST(EvaluateTest, ServicesAreNamedByTheResourceOnly) {
  const Principal ecs{.kind = Principal::Kind::kService, .account = {}, .arn = {}, .role_arn = {}, .unique_id = {}, .service = "ecs-tasks.amazonaws.com"};
  const ResourcePolicy trust = OnResource(R"({"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*",
                                              "Condition":{"StringEquals":{"aws:SourceAccount":"000000000001"}}})");
  const Fact mine{.key = "aws:sourceaccount", .value = kAccount}, other{.key = "aws:sourceaccount", .value = "000000000002"};
  const auto ask = [&](const Fact& fact) {
    return Evaluate(ecs, {}, {.request = {.action = "sts:AssumeRole", .resource = kRoleArn, .facts = {&fact, 1}}, .resource_policy = &trust}).allowed;
  };
  EXPECT_TRUE(ask(mine));
  EXPECT_FALSE(ask(other));
  EXPECT_FALSE(Evaluate(ecs, {}, {.request = kGet}).allowed);
}

TEST(EvaluateTest, NotPrincipalSparesOnlyWhoIsListedInEveryForm) {
  const auto allow = Set(kAllowGet);
  const auto denied = [&](const char* listed) {
    const ResourcePolicy policy = OnResource(R"({"Effect":"Deny","NotPrincipal":{"AWS":[)" + std::string(listed) + R"(]},"Action":"*","Resource":"*"})");
    return !Evaluate(Session(), {.identity = allow.get()}, {.request = kGet, .resource_policy = &policy}).allowed;
  };
  EXPECT_TRUE(denied(R"("arn:aws:iam::000000000001:role/app/web")"));
  EXPECT_FALSE(denied(R"("arn:aws:iam::000000000001:role/app/web","arn:aws:sts::000000000001:assumed-role/web/s1","000000000001")"));
}

TEST(EvaluateTest, ActionsWithoutResourceMatchOnlyTheStar) {
  const auto exact = Set(R"({"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"arn:aws:ecr:eu-west-1:000000000001:repository/x"})");
  const auto star = Set(R"({"Effect":"Allow","Action":"ECR:getauthorizationTOKEN","Resource":"*"})");
  const Request token{.action = "ecr:GetAuthorizationToken", .resource = "*"};
  EXPECT_FALSE(Evaluate(Session(), {.identity = exact.get()}, {.request = token}).allowed);
  EXPECT_TRUE(Evaluate(Session(), {.identity = star.get()}, {.request = token}).allowed);
}

}  // namespace
}  // namespace terrarium::iam
