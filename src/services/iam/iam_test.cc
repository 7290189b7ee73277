#include <gtest/gtest.h>

#include <set>

#include "base/json.h"
#include "base/text.h"
#include "services/iam/iam_fixture.h"
#include "services/iam/managed_policies.h"
#include "services/iam/public.h"

namespace terrarium::iam {
namespace {

namespace ops = wire::ops;
constexpr char kEcsTasks[] = R"({"Service":"ecs-tasks.amazonaws.com"})";
constexpr char kExecution[] = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

class IamTest : public ServiceTest {
 protected:
  std::string Trust(std::string_view role) {
    auto answer = Run<ops::GetRole>(Root(), {.role_name = role});
    return answer ? *UriDecode((*answer)->role->assume_role_policy_document, false) : answer.error().message;
  }
};

TEST_F(IamTest, RolesComeBackAsTheyWereMade) {
  MakeRole("Web", kEcsTasks, "/app/");
  auto role = Run<ops::GetRole>(Root(), {.role_name = "wEB"});
  ASSERT_TRUE(role);
  EXPECT_EQ((*role)->role->arn, "arn:aws:iam::000000000001:role/app/Web");
  EXPECT_EQ((*role)->role->role_id.view().substr(0, 4), "AROA");
  EXPECT_EQ((*role)->role->max_session_duration, 3600);
  EXPECT_EQ((*role)->role->assume_role_policy_document.view().substr(0, 15), "%7B%22Version%2");
  EXPECT_EQ(Say<ops::CreateRole>(Root(), {.path = {}, .role_name = "WEB", .assume_role_policy_document = "{}", .description = {}, .max_session_duration = {}, .permissions_boundary = {}, .tags = {}}),
            "EntityAlreadyExists: Role with name WEB already exists.");
  EXPECT_EQ(Say<ops::GetRole>(Root(), {.role_name = "nobody"}), "NoSuchEntity: The role with name nobody cannot be found.");
  EXPECT_EQ(Say<ops::AttachRolePolicy>(Root(), {.role_name = "web", .policy_arn = kExecution}), "");
  EXPECT_EQ(Say<ops::AttachRolePolicy>(Root(), {.role_name = "web", .policy_arn = kExecution}), "");
  EXPECT_EQ(Say<ops::PutRolePolicy>(Root(), {.role_name = "web", .policy_name = "Read", .policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}})"}), "");
  EXPECT_EQ(Say<ops::DeleteRole>(Root(), {.role_name = "web"}), "DeleteConflict: Cannot delete entity, must detach all policies first.");
  EXPECT_EQ(Say<ops::DetachRolePolicy>(Root(), {.role_name = "web", .policy_arn = kExecution}), "");
  EXPECT_EQ(Say<ops::DetachRolePolicy>(Root(), {.role_name = "web", .policy_arn = kExecution}), "NoSuchEntity: Policy " + std::string(kExecution) + " was not found.");
  EXPECT_EQ(Say<ops::DeleteRole>(Root(), {.role_name = "web"}), "DeleteConflict: Cannot delete entity, must delete policies first.");
  EXPECT_EQ(Say<ops::DeleteRolePolicy>(Root(), {.role_name = "web", .policy_name = "READ"}), "");
  EXPECT_EQ(Say<ops::DeleteRole>(Root(), {.role_name = "web"}), "");
}

TEST_F(IamTest, TrustPoliciesNameLivePrincipals) {
  MakeUser("ann");
  MakeRole("r", R"({"AWS":["arn:aws:iam::000000000001:user/ann","000000000002"]})");
  EXPECT_NE(Trust("r").find("\"arn:aws:iam::000000000001:user/ann\",\"arn:aws:iam::000000000002:root\""), std::string::npos) << Trust("r");
  EXPECT_EQ(Say<ops::DeleteUser>(Root(), {.user_name = "ann"}), "");
  EXPECT_NE(Trust("r").find("\"AIDA"), std::string::npos) << Trust("r");
  EXPECT_EQ(Say<ops::UpdateAssumeRolePolicy>(Root(), {.role_name = "r", .policy_document = R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::000000000001:user/ann"}}})"}),
            "MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"arn:aws:iam::000000000001:user/ann\"");
  // Text that needs no change is answered byte for byte.
  const char* spaced = "{ \"Statement\" : { \"Effect\":\"Allow\", \"Action\":\"sts:AssumeRole\",\n \"Principal\":{\"Service\":\"ecs-tasks.amazonaws.com\"} } }";
  EXPECT_EQ(Say<ops::UpdateAssumeRolePolicy>(Root(), {.role_name = "r", .policy_document = spaced}), "");
  EXPECT_EQ(Trust("r"), spaced);
}

TEST_F(IamTest, PolicyVersionsAreNumberedForEver) {
  const auto document = [](int n) { return "{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"S" + std::to_string(n) + "\",\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"; };
  const std::string arn = "arn:aws:iam::000000000001:policy/p", first = document(1);
  ASSERT_EQ(Say<ops::CreatePolicy>(Root(), {.policy_name = "p", .path = {}, .policy_document = first, .description = {}, .tags = {}}), "");
  for (int n = 2; n <= 5; ++n) ASSERT_EQ(Say<ops::CreatePolicyVersion>(Root(), {.policy_arn = arn, .policy_document = document(n), .set_as_default = n == 5}), "");
  EXPECT_TRUE(Say<ops::CreatePolicyVersion>(Root(), {.policy_arn = arn, .policy_document = document(6), .set_as_default = true}).starts_with("LimitExceeded: "));
  EXPECT_EQ(Say<ops::DeletePolicyVersion>(Root(), {.policy_arn = arn, .version_id = "v5"}), "DeleteConflict: Cannot delete the default version of a policy.");
  EXPECT_EQ(Say<ops::DeletePolicyVersion>(Root(), {.policy_arn = arn, .version_id = "v2"}), "");
  auto made = Run<ops::CreatePolicyVersion>(Root(), {.policy_arn = arn, .policy_document = document(6), .set_as_default = {}});
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->policy_version->version_id, "v6");
  auto got = Run<ops::GetPolicyVersion>(Root(), {.policy_arn = arn, .version_id = "v5"});
  ASSERT_TRUE(got);
  EXPECT_EQ(UriDecode((*got)->policy_version->document, false), document(5));
  EXPECT_TRUE(Say<ops::DeletePolicy>(Root(), {.policy_arn = arn}).starts_with("DeleteConflict: This policy has more than one version."));
}

// Listings in an order of their own come in pages too.
TEST_F(IamTest, PagesAddUp) {
  MakeRole("r", kEcsTasks);
  MakeUser("ann");
  const std::string arn = "arn:aws:iam::000000000001:policy/p";
  ASSERT_EQ(Say<ops::CreatePolicy>(Root(), {.policy_name = "p", .path = {}, .policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})", .description = {}, .tags = {}}), "");
  ASSERT_EQ(Say<ops::AttachRolePolicy>(Root(), {.role_name = "r", .policy_arn = arn}), "");
  ASSERT_EQ(Say<ops::AttachRolePolicy>(Root(), {.role_name = "r", .policy_arn = kExecution}), "");
  ASSERT_EQ(Say<ops::AttachUserPolicy>(Root(), {.user_name = "ann", .policy_arn = arn}), "");
  auto first = Run<ops::ListAttachedRolePolicies>(Root(), {.role_name = "r", .path_prefix = {}, .marker = {}, .max_items = 1});
  ASSERT_TRUE(first);
  ASSERT_EQ((*first)->attached_policies.size(), 1u);
  EXPECT_EQ((*first)->is_truncated, true);
  auto second = Run<ops::ListAttachedRolePolicies>(Root(), {.role_name = "r", .path_prefix = {}, .marker = (*first)->marker, .max_items = 1});
  ASSERT_TRUE(second);
  ASSERT_EQ((*second)->attached_policies.size(), 1u);
  EXPECT_EQ((*second)->is_truncated, false);
  EXPECT_NE((*second)->attached_policies[0].policy_arn, (*first)->attached_policies[0].policy_arn);
  EXPECT_EQ(Say<ops::ListAttachedRolePolicies>(Root(), {.role_name = "r", .path_prefix = {}, .marker = "gone", .max_items = {}}), "ValidationError: Invalid Marker.");
  auto roles = Run<ops::ListEntitiesForPolicy>(Root(), {.policy_arn = arn, .entity_filter = {}, .path_prefix = {}, .policy_usage_filter = {}, .marker = {}, .max_items = 1});
  ASSERT_TRUE(roles);
  EXPECT_EQ((*roles)->policy_roles.size() + (*roles)->policy_users.size(), 1u);
  auto users = Run<ops::ListEntitiesForPolicy>(Root(), {.policy_arn = arn, .entity_filter = {}, .path_prefix = {}, .policy_usage_filter = {}, .marker = (*roles)->marker, .max_items = 1});
  ASSERT_TRUE(users);
  ASSERT_EQ((*users)->policy_users.size(), 1u);
  EXPECT_EQ((*users)->policy_users[0].user_name, "ann");
  EXPECT_EQ((*users)->is_truncated, false);
}

TEST_F(IamTest, ManagedPoliciesParseAndExist) {
  std::set<std::string_view> ids;
  for (const ManagedPolicy& policy : ManagedPolicies()) {
    EXPECT_TRUE(ParsePolicy(policy.document, PolicyKind::kIdentity)) << policy.name;
    EXPECT_TRUE(ids.insert(policy.id).second) << policy.name;
    EXPECT_TRUE(ParseIso8601(policy.date)) << policy.name;
  }
  auto policy = Run<ops::GetPolicy>(Root(), {.policy_arn = kExecution});
  ASSERT_TRUE(policy);
  EXPECT_EQ((*policy)->policy->path, "/service-role/");
  MakeRole("r", kEcsTasks);
  EXPECT_EQ(Say<ops::AttachRolePolicy>(Root(), {.role_name = "r", .policy_arn = "arn:aws:iam::aws:policy/Nope"}), "NoSuchEntity: Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.");
  EXPECT_TRUE(Say<ops::DeletePolicy>(Root(), {.policy_arn = kExecution}).starts_with("AccessDenied: "));
}

// Decisions follow the rows in the same transaction, and a change that is rolled back leaves nothing behind.
TEST_F(IamTest, ChangesBiteAtOnce) {
  const api::Caller ann = MakeUser("ann");
  const auto list = [&] { return Say<ops::ListRoles>(ann, {.path_prefix = {}, .marker = {}, .max_items = {}}); };
  const std::string denied = ": User: arn:aws:iam::000000000001:user/ann is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::000000000001:role/";
  EXPECT_EQ(list(), denied + " because no identity-based policy allows the iam:ListRoles action");
  Grant("ann", R"({"Effect":"Allow","Action":"iam:List*","Resource":"*"})");
  EXPECT_EQ(list(), "");
  auto rolled_back = database_->Write([&](store::Tx& tx) -> Status {
    Arena arena;
    rows::Entity* user = kUsers.Find(tx, NameKey(kTestAccount, "ann"), arena);
    user->inline_policies = {};
    kUsers.Put(tx, NameKey(kTestAccount, "ann"), *user);
    StampAccount(tx, random_, kTestAccount);
    EXPECT_FALSE(authority_.Check(ann, tx, "iam:ListRoles", "*", {}));
    return Fail(ErrorKind::kConflict, "roll back");
  });
  EXPECT_FALSE(rolled_back);
  EXPECT_EQ(list(), "");
  Grant("ann", R"({"Effect":"Allow","Action":"iam:List*","Resource":"*"},{"Effect":"Deny","Action":"iam:ListRoles","Resource":"*"})");
  EXPECT_EQ(list(), denied + " with an explicit deny in an identity-based policy");
}

TEST_F(IamTest, BoundariesCutAndTagsCount) {
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:username":"ann"}}})");
  MakeRole("r", kEcsTasks);
  EXPECT_EQ(Say<ops::GetRole>(ann, {.role_name = "r"}), "");
  ASSERT_EQ(Say<ops::CreatePolicy>(Root(), {.policy_name = "edge", .path = {}, .policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})", .description = {}, .tags = {}}), "");
  const api::Caller bob = Complete({.account = kTestAccount, .region = {}, .arn = "arn:aws:iam::000000000001:user/bob", .user_id = {}, .access_key_id = {}, .principal_key = PrincipalKey(kTestAccount, "bob"), .source_ip = {}});
  ASSERT_EQ(Say<ops::CreateUser>(Root(), {.path = {}, .user_name = "bob", .permissions_boundary = "arn:aws:iam::000000000001:policy/edge", .tags = {}}), "");
  Grant("bob", R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  EXPECT_TRUE(Say<ops::GetRole>(bob, {.role_name = "r"}).ends_with(" because no permissions boundary allows the iam:GetRole action"));
  EXPECT_TRUE(Say<ops::DeletePolicy>(Root(), {.policy_arn = "arn:aws:iam::000000000001:policy/edge"}).starts_with("DeleteConflict: "));
}

TEST_F(IamTest, PolicyWithAnExactArnStopsAtItsNeighbour) {
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::000000000001:role/app/mine"})");
  MakeRole("mine", kEcsTasks, "/app/");
  MakeRole("other", kEcsTasks, "/app/");
  EXPECT_EQ(Say<ops::GetRole>(ann, {.role_name = "mine"}), "");
  EXPECT_NE(Say<ops::GetRole>(ann, {.role_name = "other"}), "");
  // A name that does not exist is judged on the ARN without path, so a grant for a path does not tell whether it exists.
  EXPECT_TRUE(Say<ops::GetRole>(ann, {.role_name = "gone"}).starts_with(": User: "));
}

TEST_F(IamTest, AccessKeysOpenUntilTheyAreOff) {
  MakeUser("ann");
  auto made = Run<ops::CreateAccessKey>(Root(), {.user_name = "ann"});
  ASSERT_TRUE(made);
  const std::string id = (*made)->access_key->access_key_id.str(), secret = (*made)->access_key->secret_access_key.str();
  EXPECT_EQ(secret.size(), 40u);
  auto holder = Holder(id);
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->arn, "arn:aws:iam::000000000001:user/ann");
  auto opened = database_->Write([&](store::Tx& tx) { return authority_.FindCredential(tx, id, ""); });
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->secret.view(), secret);
  Arena arena;
  auto row = database_->Write([&](store::Tx& tx) -> Result<std::string> { return kAccessKeys.Find(tx, id, arena)->sealed_secret.str(); });
  EXPECT_EQ(row->find(secret), std::string::npos);
  EXPECT_EQ(Holder(id, "token").error().code, "InvalidClientTokenId");
  EXPECT_EQ(Say<ops::UpdateAccessKey>(Root(), {.user_name = "ann", .access_key_id = id, .status = "Inactive"}), "");
  EXPECT_EQ(Holder(id).error().code, "InvalidClientTokenId");
  EXPECT_EQ(Say<ops::CreateAccessKey>(Root(), {.user_name = "ann"}), "");
  EXPECT_EQ(Say<ops::CreateAccessKey>(Root(), {.user_name = "ann"}), "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2");
  EXPECT_EQ(Say<ops::DeleteUser>(Root(), {.user_name = "ann"}), "DeleteConflict: Cannot delete entity, must delete access keys first.");
}

TEST_F(IamTest, PassRoleNeedsTheGrantAndTheTrust) {
  MakeRole("task", kEcsTasks);
  MakeRole("other", R"({"Service":"rds.amazonaws.com"})");
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}})");
  const auto pass = [&](const char* role, const char* service) {
    return database_->Write([&](store::Tx& tx) -> Status {
      Arena arena;
      return CheckPassRole(api::Call{ann, tx, arena, clock_, random_, authority_, ""}, role, service);
    });
  };
  EXPECT_TRUE(pass("arn:aws:iam::000000000001:role/task", "ecs-tasks.amazonaws.com"));
  EXPECT_EQ(pass("arn:aws:iam::000000000001:role/other", "ecs-tasks.amazonaws.com").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(pass("arn:aws:iam::000000000001:role/task", "rds.amazonaws.com").error().kind, ErrorKind::kDenied);
  EXPECT_EQ(pass("arn:aws:iam::000000000002:role/task", "ecs-tasks.amazonaws.com").error().kind, ErrorKind::kDenied);
}

// Every operation of the table refuses a user without policy, in the words of its action, before anything else happens.
TEST_F(IamTest, EveryOperationIsEnforced) {
  const api::Caller ann = MakeUser("ann");
  std::size_t enforced = 0;
  for (const api::OperationRow& row : registry_.rows()) {
    const std::string name((*row.service->tables)[row.operation->name]);
    ASSERT_FALSE(row.action.empty()) << name;
    EXPECT_EQ(row.action, "iam:" + name);
    auto answer = database_->Write([&](store::Tx& tx) -> Result<std::string> {
      Arena arena;
      api::Call call{ann, tx, arena, clock_, random_, authority_, ""};
      codec::Empty none;
      void* request = row.operation->input == codec::kNoShape ? &none : arena.Zero(row.service->tables->shapes[row.operation->input].size);
      TRY_ASSIGN(const api::Access access, row.access(call, request));
      EXPECT_FALSE(access.resources.empty()) << name;
      for (const std::string& resource : access.resources) TRY(authority_.Check(ann, tx, row.action, resource, access.facts));
      return std::string("allowed");
    });
    ASSERT_FALSE(answer) << name;
    EXPECT_NE(answer.error().message.find("is not authorized to perform: iam:" + name), std::string::npos) << answer.error().message;
    ++enforced;
  }
  EXPECT_EQ(enforced, gen::iam::kService.operation_count - 2u);  // CreateServiceLinkedRole and SimulatePrincipalPolicy are not there yet
}

}  // namespace
}  // namespace terrarium::iam
