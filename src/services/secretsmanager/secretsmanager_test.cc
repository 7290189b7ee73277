#include <gtest/gtest.h>

#include <set>

#include "gen/kms/types.h"
#include "gen/secretsmanager/types.h"
#include "services/iam/iam_fixture.h"
#include "services/kms/keys.h"
#include "services/kms/operations.h"
#include "services/secretsmanager/operations.h"
#include "services/secretsmanager/password.h"
#include "services/secretsmanager/secrets.h"

namespace terrarium::secretsmanager {
namespace {

namespace ops = gen::secretsmanager::ops;

class SecretsManagerTest : public iam::ServiceTest {
 protected:
  SecretsManagerTest() {
    kms::RegisterKms(registry_, root_);
    RegisterSecretsManager(registry_, root_);
    authority_.UsePolicies("kms", key_policies_);
    authority_.UsePolicies("secretsmanager", secret_policies_);
  }
  std::string Create(std::string_view name, std::string_view value = {}, std::string_view token = {}) {
    gen::secretsmanager::CreateSecretRequest r;
    r.name = name;
    if (!value.empty()) r.secret_string = value;
    if (!token.empty()) r.client_request_token = token;
    return Say<ops::CreateSecret>(Root(), r);
  }
  std::string Put(std::string_view id, std::string_view value, std::string_view token, std::string_view stage = {}) {
    gen::secretsmanager::PutSecretValueRequest r;
    r.secret_id = id;
    r.secret_string = value;
    r.client_request_token = token;
    Arena arena;
    if (!stage.empty()) r.version_stages.Add(arena, stage);
    return Say<ops::PutSecretValue>(Root(), r);
  }
  std::string Get(std::string_view id, std::string_view stage = {}, const api::Caller& caller = Root()) {
    gen::secretsmanager::GetSecretValueRequest r;
    r.secret_id = id;
    if (!stage.empty()) r.version_stage = stage;
    auto answer = Run<ops::GetSecretValue>(caller, r);
    return answer ? (*answer)->secret_string.str() : answer.error().code + ": " + answer.error().message;
  }
  std::string Arn(std::string_view id) {
    auto answer = Run<ops::DescribeSecret>(Root(), {.secret_id = id});
    return answer ? (*answer)->arn.str() : answer.error().message;
  }
  std::string Delete(std::string_view id, bool force, std::optional<std::int64_t> days = {}) {
    return Say<ops::DeleteSecret>(Root(), {.secret_id = id, .recovery_window_in_days = days, .force_delete_without_recovery = force});
  }

  static constexpr char kT1[] = "11111111-1111-4111-8111-111111111111";
  static constexpr char kT2[] = "22222222-2222-4222-8222-222222222222";
  static constexpr char kT3[] = "33333333-3333-4333-8333-333333333333";
  kms::KeyPolicies key_policies_;
  SecretPolicies secret_policies_;
};

TEST_F(SecretsManagerTest, ValuesAreFoundByNameAndArnAndAreSealed) {
  ASSERT_EQ(Create("app/db-secret", "hunter2hunter2"), "");
  const std::string arn = Arn("app/db-secret");
  EXPECT_EQ(arn.substr(0, arn.size() - 7), "arn:aws:secretsmanager:eu-west-1:000000000001:secret:app/db-secret");
  for (const std::string& id : {std::string("app/db-secret"), arn, arn.substr(0, arn.size() - 7)}) EXPECT_EQ(Get(id), "hunter2hunter2") << id;
  EXPECT_EQ(Get(arn.substr(0, arn.size() - 6) + "zzzzzz"), "ResourceNotFoundException: Secrets Manager can't find the specified secret.");
  auto raw = database_->Write([&](store::Tx& tx) -> Result<std::string> {
    Arena arena;
    std::string all;
    for (const rows::Value* value : kValues.ListPrefix(tx, "", arena)) all += value->sealed.str() + value->data_key.str();
    return all;
  });
  EXPECT_FALSE(raw->empty());
  EXPECT_EQ(raw->find("hunter2"), std::string::npos);
}

TEST_F(SecretsManagerTest, LabelsMoveAsDocumented) {
  ASSERT_EQ(Create("s", "one", kT1), "");
  ASSERT_EQ(Put("s", "two", kT2), "");
  EXPECT_EQ(Get("s"), "two");
  EXPECT_EQ(Get("s", "AWSPREVIOUS"), "one");
  ASSERT_EQ(Put("s", "three", kT3, "AWSPENDING"), "");
  EXPECT_EQ(Get("s"), "two");
  EXPECT_EQ(Get("s", "AWSPENDING"), "three");
  EXPECT_TRUE(Say<ops::UpdateSecretVersionStage>(Root(), {.secret_id = "s", .version_stage = "AWSCURRENT", .remove_from_version_id = {}, .move_to_version_id = kT3})
                  .starts_with("InvalidParameterException: The parameter RemoveFromVersionId can't be empty."));
  ASSERT_EQ(Say<ops::UpdateSecretVersionStage>(Root(), {.secret_id = "s", .version_stage = "AWSCURRENT", .remove_from_version_id = kT2, .move_to_version_id = kT3}), "");
  EXPECT_EQ(Get("s"), "three");
  EXPECT_EQ(Get("s", "AWSPREVIOUS"), "two");
  // An empty secret may hold only a pending value, and be promoted from nothing.
  ASSERT_EQ(Create("empty"), "");
  ASSERT_EQ(Put("empty", "x", kT1, "AWSPENDING"), "");
  EXPECT_EQ(Get("empty"), "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
  ASSERT_EQ(Say<ops::UpdateSecretVersionStage>(Root(), {.secret_id = "empty", .version_stage = "AWSCURRENT", .remove_from_version_id = {}, .move_to_version_id = kT1}), "");
  EXPECT_EQ(Get("empty"), "x");
}

TEST_F(SecretsManagerTest, TokensMakeCallsRepeatable) {
  ASSERT_EQ(Create("s", "one", kT1), "");
  EXPECT_EQ(Create("s", "one", kT1), "");
  EXPECT_EQ(Create("s", "two", kT1), "ResourceExistsException: You can't use ClientRequestToken " + std::string(kT1) + " because that value is already in use for a version of secret " + Arn("s") + ".");
  EXPECT_EQ(Create("s", "one"), "ResourceExistsException: The operation failed because the secret s already exists.");
  EXPECT_EQ(Put("s", "two", kT2), "");
  EXPECT_EQ(Put("s", "two", kT2), "");
  EXPECT_EQ(Get("s", "AWSPREVIOUS"), "one");
}

TEST_F(SecretsManagerTest, DeletionCanBeUndoneUntilItsDay) {
  ASSERT_EQ(Create("s", "one"), "");
  EXPECT_TRUE(Delete("s", true, 7).starts_with("InvalidParameterException: "));
  ASSERT_EQ(Delete("s", false, 7), "");
  EXPECT_EQ(Get("s"), "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.");
  EXPECT_EQ(Create("s", "two"), "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.");
  auto described = Run<ops::DescribeSecret>(Root(), {.secret_id = "s"});
  ASSERT_TRUE(described);
  EXPECT_TRUE((*described)->deleted_date.has_value());
  ASSERT_EQ(Say<ops::RestoreSecret>(Root(), {.secret_id = "s"}), "");
  EXPECT_EQ(Get("s"), "one");
  ASSERT_EQ(Delete("s", false, 7), "");
  clock_.Advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(Arn("s"), "Secrets Manager can't find the specified secret.");
  ASSERT_EQ(Create("s", "new"), "");
  const std::string first = Arn("s");
  ASSERT_EQ(Delete("s", true), "");
  EXPECT_EQ(Delete("s", true), "");
  ASSERT_EQ(Create("s", "newer"), "");
  EXPECT_NE(Arn("s"), first);
}

TEST_F(SecretsManagerTest, PermissionIsOnTheFullArn) {
  ASSERT_EQ(Create("mine", "one"), "");
  ASSERT_EQ(Create("other", "two"), "");
  const std::string arn = Arn("mine");
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":["arn:aws:secretsmanager:*:*:secret:mine-??????","arn:aws:secretsmanager:*:*:secret:gone-??????"]})");
  EXPECT_EQ(Get("mine", {}, ann), "one");
  EXPECT_EQ(Get("other", {}, ann), ": User: arn:aws:iam::000000000001:user/ann is not authorized to perform: secretsmanager:GetSecretValue on resource: " + Arn("other") +
                                       " because no identity-based policy allows the secretsmanager:GetSecretValue action");
  EXPECT_EQ(Get("gone", {}, ann), "ResourceNotFoundException: Secrets Manager can't find the specified secret.");
  EXPECT_TRUE(Get("never", {}, ann).starts_with(": User: "));
}

TEST_F(SecretsManagerTest, ResourcePoliciesGrantAndDeny) {
  ASSERT_EQ(Create("s", "one"), "");
  const api::Caller ann = MakeUser("ann"), bob = MakeUser("bob", R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  const char* policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:user/ann"},"Action":"secretsmanager:GetSecretValue","Resource":"*"},
      {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::000000000001:user/bob"},"Action":"secretsmanager:*","Resource":"*"}]})";
  ASSERT_EQ(Say<ops::PutResourcePolicy>(Root(), {.secret_id = "s", .resource_policy = policy, .block_public_policy = true}), "");
  EXPECT_EQ(Get("s", {}, ann), "one");
  EXPECT_TRUE(Get("s", {}, bob).ends_with("with an explicit deny in a resource-based policy"));
  const char* open = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*"}]})";
  EXPECT_TRUE(Say<ops::PutResourcePolicy>(Root(), {.secret_id = "s", .resource_policy = open, .block_public_policy = true}).starts_with("PublicPolicyException: "));
}

TEST_F(SecretsManagerTest, ACustomersKeyIsAskedToo) {
  auto key = Run<gen::kms::ops::CreateKey>(Root(), {});
  ASSERT_TRUE(key);
  const std::string arn = (*key)->key_metadata->arn.str();
  gen::secretsmanager::CreateSecretRequest r;
  r.name = "s";
  r.secret_string = "one";
  r.kms_key_id = arn;
  ASSERT_EQ(Say<ops::CreateSecret>(Root(), r), "");
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"})");
  EXPECT_TRUE(Get("s", {}, ann).starts_with("AccessDeniedException: Access to KMS is not allowed"));
  Grant("ann", R"({"Effect":"Allow","Action":["secretsmanager:*","kms:Decrypt"],"Resource":"*"})");
  EXPECT_EQ(Get("s", {}, ann), "one");
  ASSERT_EQ(Say<gen::kms::ops::DisableKey>(Root(), {.key_id = arn}), "");
  EXPECT_TRUE(Get("s", {}, ann).starts_with("DisabledException: "));
}

TEST_F(SecretsManagerTest, ManagedSecretsAreReadAndNotChanged) {
  auto made = database_->Write([&](store::Tx& tx) {
    const Scope scope{tx, clock_.Now(), random_, root_, iam::kTestAccount, "eu-west-1"};
    return CreateManagedSecret(scope, "rds", "rds!db-1", "Secret of a database", {{"aws:secretsmanager:owningService", "rds"}}, "", R"({"username":"admin","password":"p1"})");
  });
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(Get(made->arn), R"({"username":"admin","password":"p1"})");
  EXPECT_TRUE(Put("rds!db-1", "mine", kT1).starts_with("InvalidRequestException: "));
  EXPECT_TRUE(Delete("rds!db-1", true).starts_with("InvalidRequestException: "));
  auto changed = database_->Write([&](store::Tx& tx) -> Result<std::string> {
    const Scope scope{tx, clock_.Now(), random_, root_, iam::kTestAccount, "eu-west-1"};
    TRY(PutManagedValue(scope, made->arn, "p2"));
    TRY_ASSIGN(const crypto::Secret value, ReadManagedValue(scope, made->arn));
    TRY(DeleteManagedSecret(scope, made->arn));
    return std::string(value.view());
  });
  EXPECT_EQ(changed.value_or("?"), "p2");
  EXPECT_EQ(Arn("rds!db-1"), "Secrets Manager can't find the specified secret.");
}

TEST_F(SecretsManagerTest, RolesReadAsTasksDo) {
  ASSERT_EQ(Create("salt", "pepper"), "");
  MakeRole("exec", R"({"Service":"ecs-tasks.amazonaws.com"})");
  const auto read = [&] {
    return database_->Write([&](store::Tx& tx) -> Result<std::string> {
      const Scope scope{tx, clock_.Now(), random_, root_, iam::kTestAccount, "eu-west-1"};
      TRY_ASSIGN(const api::Caller task, iam::CallerForRole(tx, "arn:aws:iam::000000000001:role/exec", "task1", "eu-west-1"));
      TRY_ASSIGN(const crypto::Secret value, ReadSecret(scope, authority_, task, "salt", {}));
      return std::string(value.view());
    });
  };
  EXPECT_NE(read().error().message.find("assumed-role/exec/task1 is not authorized to perform: secretsmanager:GetSecretValue"), std::string::npos);
  ASSERT_EQ(Say<gen::iam::ops::PutRolePolicy>(Root(), {.role_name = "exec", .policy_name = "p", .policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"*"}})"}), "");
  EXPECT_EQ(read().value_or("?"), "pepper");
}

TEST_F(SecretsManagerTest, ValueFromPicksAMemberAStageAndAVersion) {
  ASSERT_EQ(Create("db", R"({"username":"admin","port":3306})", kT1), "");
  ASSERT_EQ(Put("db", R"({"username":"next"})", kT2), "");
  const std::string arn = Arn("db");
  const auto read = [&](const std::string& from) {
    auto value = database_->Write([&](store::Tx& tx) -> Result<std::string> {
      const Scope scope{tx, clock_.Now(), random_, root_, iam::kTestAccount, "eu-west-1"};
      TRY_ASSIGN(const crypto::Secret secret, ReadValueFrom(scope, authority_, Root(), from));
      return std::string(secret.view());
    });
    return value ? *value : value.error().message;
  };
  EXPECT_EQ(read(arn), R"({"username":"next"})");
  EXPECT_EQ(read(arn + ":username::"), "next");
  EXPECT_EQ(read(arn + ":username:AWSPREVIOUS:"), "admin");
  EXPECT_EQ(read(arn + ":port::" + kT1), "3306");
  EXPECT_EQ(read(arn + ":none::"), "retrieved secret from Secrets Manager did not contain json key none");
  EXPECT_EQ(read(arn + ":AWSPREVIOUS:"), "The secret reference " + arn + ":AWSPREVIOUS: must be an ARN, or ARN:json-key:version-stage:version-id");
  EXPECT_EQ(read("arn:aws:ssm:eu-west-1:000000000001:parameter/x"), "Terrarium injects secrets of Secrets Manager only, not arn:aws:ssm:eu-west-1:000000000001:parameter/x");
}

TEST(PasswordTest, FollowsItsRules) {
  SeededRandom random(4);
  for (int i = 0; i < 50; ++i) {
    PasswordRules rules;
    rules.length = 8;
    rules.exclude = "abc/@\" ";
    auto password = MakePassword(random, rules);
    ASSERT_TRUE(password);
    EXPECT_EQ(password->size(), 8u);
    EXPECT_EQ(password->find_first_of(rules.exclude), std::string::npos);
    for (const char* type : {"defghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!#$%&'()*+,-.:;<=>?[\\]^_`{|}~"})
      EXPECT_NE(password->find_first_of(type), std::string::npos) << *password;
  }
  PasswordRules narrow;
  narrow.length = 3;
  EXPECT_FALSE(MakePassword(random, narrow));
}

TEST_F(SecretsManagerTest, EveryOperationHasItsAction) {
  for (const api::OperationRow& row : registry_.rows()) {
    if (row.service != &gen::secretsmanager::kService) continue;
    EXPECT_TRUE(row.action.starts_with("secretsmanager:"));
  }
}

}  // namespace
}  // namespace terrarium::secretsmanager
