#include <gtest/gtest.h>

#include "gen/sts/types.h"
#include "services/iam/iam_fixture.h"
#include "services/sts/operations.h"

namespace terrarium::sts {
namespace {

namespace ops = gen::sts::ops;
namespace iam_ops = gen::iam::ops;
constexpr char kRole[] = "arn:aws:iam::000000000001:role/a/b/web";
constexpr char kMayAssume[] = R"({"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"})";
constexpr char kAnn[] = R"({"AWS":"arn:aws:iam::000000000001:user/ann"})";

class StsTest : public iam::ServiceTest {
 protected:
  StsTest() { RegisterSts(registry_, root_); }
  static gen::sts::AssumeRoleRequest Request(std::string_view role = kRole) {
    gen::sts::AssumeRoleRequest r;
    r.role_arn = role;
    r.role_session_name = "s1";
    return r;
  }
  // Assumes, and answers who the credentials are.
  Result<api::Caller> Assume(const api::Caller& caller, const gen::sts::AssumeRoleRequest& request = Request()) {
    TRY_ASSIGN(auto* answer, Run<ops::AssumeRole>(caller, request));
    key_ = answer->credentials->access_key_id.str();
    token_ = answer->credentials->session_token.str();
    return Holder(key_, token_);
  }
  std::string key_, token_;
};

TEST_F(StsTest, CallerIdentityNeedsNothing) {
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Deny","Action":"*","Resource":"*"})");
  auto answer = Run<ops::GetCallerIdentity>(ann, {});
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->arn, "arn:aws:iam::000000000001:user/ann");
  EXPECT_EQ((*answer)->account, "000000000001");
}

TEST_F(StsTest, SessionsCarryTheRoleWithoutItsPath) {
  const api::Caller ann = MakeUser("ann");
  MakeRole("web", kAnn, "/a/b/");
  auto first = Run<ops::AssumeRole>(ann, Request()), second = Run<ops::AssumeRole>(ann, Request());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)->assumed_role_user->arn, "arn:aws:sts::000000000001:assumed-role/web/s1");
  EXPECT_EQ((*first)->assumed_role_user->assumed_role_id.str(), (*second)->assumed_role_user->assumed_role_id.str());
  EXPECT_EQ((*first)->credentials->secret_access_key.view().size(), 40u);
  auto session = Assume(ann);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->arn, "arn:aws:sts::000000000001:assumed-role/web/s1");
}

// One text for every way not to be allowed, so that none of them can be told apart.
TEST_F(StsTest, RefusalsAreAlike) {
  const api::Caller ann = MakeUser("ann"), bob = MakeUser("bob", kMayAssume), eve = MakeUser("eve");
  MakeRole("web", R"({"AWS":"000000000001"})", "/a/b/");
  MakeRole("hers", kAnn, "/a/b/");
  const auto text = [](std::string_view who, std::string_view role) {
    return ": User: arn:aws:iam::000000000001:user/" + std::string(who) + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000001:role/a/b/" + std::string(role);
  };
  EXPECT_EQ(Say<ops::AssumeRole>(eve, Request()), text("eve", "web"));  // the account is trusted, she has no grant
  EXPECT_EQ(Say<ops::AssumeRole>(bob, Request()), "");
  EXPECT_EQ(Say<ops::AssumeRole>(bob, Request("arn:aws:iam::000000000001:role/a/b/hers")), text("bob", "hers"));
  EXPECT_EQ(Say<ops::AssumeRole>(ann, Request("arn:aws:iam::000000000001:role/a/b/hers")), "");
  EXPECT_EQ(Say<ops::AssumeRole>(bob, Request("arn:aws:iam::000000000001:role/a/b/none")), text("bob", "none"));
  EXPECT_EQ(Say<ops::AssumeRole>(Root(), Request()), "AccessDenied: Roles may not be assumed by root accounts.");
}

TEST_F(StsTest, SessionsHaveTheRolesRightsAndNoMore) {
  const api::Caller ann = MakeUser("ann", R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  MakeRole("web", kAnn, "/a/b/");
  const char* document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:GetRole","iam:ListRoles"],"Resource":"*"}})";
  ASSERT_EQ(Say<iam_ops::PutRolePolicy>(Root(), {.role_name = "web", .policy_name = "p", .policy_document = document}), "");
  auto session = Assume(ann);
  ASSERT_TRUE(session);
  EXPECT_EQ(Say<iam_ops::GetRole>(*session, {.role_name = "web"}), "");
  EXPECT_NE(Say<iam_ops::DeleteRole>(*session, {.role_name = "web"}), "");
  auto cut = Request();
  cut.policy = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}})";
  auto narrow = Assume(ann, cut);
  ASSERT_TRUE(narrow);
  EXPECT_EQ(Say<iam_ops::ListRoles>(*narrow, {.path_prefix = {}, .marker = {}, .max_items = {}}), "");
  EXPECT_TRUE(Say<iam_ops::GetRole>(*narrow, {.role_name = "web"}).ends_with("because no session policy allows the iam:GetRole action"));
  // What is taken from the role is taken from the sessions that are open.
  ASSERT_EQ(Say<iam_ops::DeleteRolePolicy>(Root(), {.role_name = "web", .policy_name = "p"}), "");
  EXPECT_NE(Say<iam_ops::GetRole>(*session, {.role_name = "web"}), "");
}

TEST_F(StsTest, TokensAreBoundToKeyTimeAndRole) {
  const api::Caller ann = MakeUser("ann");
  MakeRole("web", kAnn, "/a/b/");
  ASSERT_TRUE(Assume(ann));
  const std::string key = key_, token = token_;
  ASSERT_TRUE(Assume(ann));
  EXPECT_EQ(Holder(key_, token).error().code, "InvalidClientTokenId");  // another session's
  EXPECT_EQ(Holder(key, "").error().code, "InvalidClientTokenId");
  std::string flipped = token;
  flipped[20] = flipped[20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Holder(key, flipped).error().code, "InvalidClientTokenId");
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_TRUE(Holder(key, token));
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_EQ(Holder(key, token).error().code, "ExpiredToken");
  ASSERT_TRUE(Assume(ann));
  ASSERT_EQ(Say<iam_ops::DeleteRole>(Root(), {.role_name = "web"}), "");
  EXPECT_EQ(Holder(key_, token_).error().code, "InvalidClientTokenId");
  MakeRole("web", kAnn, "/a/b/");
  EXPECT_EQ(Holder(key_, token_).error().code, "InvalidClientTokenId");  // the new role is another one
}

TEST_F(StsTest, DurationsAndChains) {
  const api::Caller ann = MakeUser("ann");
  MakeRole("web", kAnn, "/a/b/");
  MakeRole("next", R"({"AWS":"arn:aws:iam::000000000001:role/a/b/web"})", "/a/b/");
  auto longer = Request();
  longer.duration_seconds = 7200;
  EXPECT_EQ(Say<ops::AssumeRole>(ann, longer), "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  for (const char* role : {"web", "next"}) ASSERT_EQ(Say<iam_ops::UpdateRole>(Root(), {.role_name = role, .description = {}, .max_session_duration = 7200}), "");
  EXPECT_EQ(Say<ops::AssumeRole>(ann, longer), "");
  auto session = Assume(ann);
  ASSERT_TRUE(session);
  auto chained = Request("arn:aws:iam::000000000001:role/a/b/next");
  EXPECT_EQ(Say<ops::AssumeRole>(*session, chained), "");
  chained.duration_seconds = 3601;
  EXPECT_EQ(Say<ops::AssumeRole>(*session, chained), "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
}

TEST_F(StsTest, ExternalIdIsAConditionOfTheTrust) {
  const api::Caller ann = MakeUser("ann");
  MakeRole("web", kAnn, "/a/b/");
  const char* trust = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::000000000001:user/ann"},"Condition":{"StringEquals":{"sts:ExternalId":"xyz"}}}})";
  ASSERT_EQ(Say<iam_ops::UpdateAssumeRolePolicy>(Root(), {.role_name = "web", .policy_document = trust}), "");
  auto request = Request();
  EXPECT_NE(Say<ops::AssumeRole>(ann, request), "");
  request.external_id = "xyz";
  EXPECT_EQ(Say<ops::AssumeRole>(ann, request), "");
}

TEST_F(StsTest, UserSessionsEndWithTheirKeyAndCannotCallIam) {
  MakeUser("ann", R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  auto key = Run<iam_ops::CreateAccessKey>(Root(), {.user_name = "ann"});
  ASSERT_TRUE(key);
  const std::string parent = (*key)->access_key->access_key_id.str();
  auto ann = Holder(parent);
  ASSERT_TRUE(ann);
  auto answer = Run<ops::GetSessionToken>(*ann, {});
  ASSERT_TRUE(answer);
  const std::string id = (*answer)->credentials->access_key_id.str(), token = (*answer)->credentials->session_token.str();
  auto session = Holder(id, token);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->arn, "arn:aws:iam::000000000001:user/ann");
  EXPECT_TRUE(Say<iam_ops::ListRoles>(*session, {.path_prefix = {}, .marker = {}, .max_items = {}}).starts_with("InvalidClientTokenId: "));
  EXPECT_EQ(Say<ops::GetSessionToken>(*session, {}), "AccessDenied: Cannot call GetSessionToken with session credentials");
  ASSERT_EQ(Say<iam_ops::DeleteAccessKey>(Root(), {.user_name = "ann", .access_key_id = parent}), "");
  EXPECT_EQ(Holder(id, token).error().code, "InvalidClientTokenId");
}

TEST_F(StsTest, SessionTagsNeedTheirOwnGrant) {
  const api::Caller ann = MakeUser("ann");
  MakeRole("web", kAnn, "/a/b/");
  auto request = Request();
  Arena arena;
  request.tags.Add(arena, gen::sts::Tag{.key = "team", .value = "red"});
  EXPECT_NE(Say<ops::AssumeRole>(ann, request), "");
  const char* trust = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":{"AWS":"arn:aws:iam::000000000001:user/ann"}}})";
  ASSERT_EQ(Say<iam_ops::UpdateAssumeRolePolicy>(Root(), {.role_name = "web", .policy_document = trust}), "");
  ASSERT_EQ(Say<iam_ops::PutRolePolicy>(Root(), {.role_name = "web", .policy_name = "p", .policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/Team":"red"}}}})"}), "");
  auto tagged = Assume(ann, request);
  ASSERT_TRUE(tagged);
  EXPECT_EQ(Say<iam_ops::ListRoles>(*tagged, {.path_prefix = {}, .marker = {}, .max_items = {}}), "");
  auto plain = Assume(ann);
  ASSERT_TRUE(plain);
  EXPECT_NE(Say<iam_ops::ListRoles>(*plain, {.path_prefix = {}, .marker = {}, .max_items = {}}), "");
}

TEST_F(StsTest, ServesEveryOperationOfItsTable) {
  std::size_t served = 0;
  for (const api::OperationRow& row : registry_.rows()) served += row.service == &gen::sts::kService ? 1 : 0;
  EXPECT_EQ(served, gen::sts::kService.operation_count);
}

}  // namespace
}  // namespace terrarium::sts
