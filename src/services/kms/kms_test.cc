#include <gtest/gtest.h>

#include "gen/kms/types.h"
#include "services/iam/iam_fixture.h"
#include "services/kms/keys.h"
#include "services/kms/operations.h"

namespace terrarium::kms {
namespace {

namespace ops = gen::kms::ops;

class KmsTest : public iam::ServiceTest {
 protected:
  KmsTest() {
    RegisterKms(registry_, root_);
    authority_.UsePolicies("kms", policies_);
  }
  std::string MakeKey() {
    auto made = Run<ops::CreateKey>(Root(), {});
    EXPECT_TRUE(made) << made.error().message;
    return (*made)->key_metadata->arn.str();
  }
  gen::kms::EncryptRequest Plain(std::string_view key, std::string_view text, Arena& arena, std::string_view context = {}) {
    gen::kms::EncryptRequest r;
    r.key_id = key;
    r.plaintext = text;
    if (!context.empty()) r.encryption_context.Add(arena, Entry<Str>{"who", context});
    return r;
  }
  Result<std::string> Open(const api::Caller& caller, std::string_view blob, std::string_view context = {}, std::string_view key = {}) {
    Arena arena;
    gen::kms::DecryptRequest r;
    r.ciphertext_blob = blob;
    if (!key.empty()) r.key_id = key;
    if (!context.empty()) r.encryption_context.Add(arena, Entry<Str>{"who", context});
    TRY_ASSIGN(auto* answer, Run<ops::Decrypt>(caller, r));
    return answer->plaintext.str();
  }
  KeyPolicies policies_;
  Arena arena_;
};

TEST_F(KmsTest, CiphertextIsBoundToKeyAndContext) {
  const std::string key = MakeKey(), other = MakeKey();
  auto sealed = Run<ops::Encrypt>(Root(), Plain(key, "secret", arena_, "ann"));
  ASSERT_TRUE(sealed) << sealed.error().message;
  const std::string blob = (*sealed)->ciphertext_blob.str();
  EXPECT_EQ(blob.find("secret"), std::string::npos);
  EXPECT_EQ(Open(Root(), blob, "ann").value_or("?"), "secret");
  EXPECT_EQ(Open(Root(), blob, "ann", key).value_or("?"), "secret");
  EXPECT_EQ(Open(Root(), blob, "ann", other).error().code, "IncorrectKeyException");
  EXPECT_EQ(Open(Root(), blob, "bob").error().code, "InvalidCiphertextException");
  EXPECT_EQ(Open(Root(), blob).error().code, "InvalidCiphertextException");
  std::string flipped = blob;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_EQ(Open(Root(), flipped, "ann").error().code, "InvalidCiphertextException");
}

TEST_F(KmsTest, StatesDecideWhatAKeyDoes) {
  const std::string key = MakeKey();
  auto sealed = Run<ops::Encrypt>(Root(), Plain(key, "x", arena_));
  const std::string blob = (*sealed)->ciphertext_blob.str();
  ASSERT_EQ(Say<ops::DisableKey>(Root(), {.key_id = key}), "");
  EXPECT_EQ(Open(Root(), blob).error().code, "DisabledException");
  ASSERT_EQ(Say<ops::EnableKey>(Root(), {.key_id = key}), "");
  EXPECT_TRUE(Open(Root(), blob));
  ASSERT_EQ(Say<ops::ScheduleKeyDeletion>(Root(), {.key_id = key, .pending_window_in_days = 7}), "");
  EXPECT_EQ(Open(Root(), blob).error().message, key + " is pending deletion.");
  EXPECT_EQ(Say<ops::ScheduleKeyDeletion>(Root(), {.key_id = key, .pending_window_in_days = 7}), "KMSInvalidStateException: " + key + " is pending deletion.");
  ASSERT_EQ(Say<ops::CancelKeyDeletion>(Root(), {.key_id = key}), "");
  EXPECT_EQ(Say<ops::CancelKeyDeletion>(Root(), {.key_id = key}), "KMSInvalidStateException: " + key + " is not pending deletion.");
  ASSERT_EQ(Say<ops::ScheduleKeyDeletion>(Root(), {.key_id = key, .pending_window_in_days = 7}), "");
  clock_.Advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(Say<ops::DescribeKey>(Root(), {.key_id = key, .grant_tokens = {}}), "NotFoundException: Key '" + key + "' does not exist");
}

TEST_F(KmsTest, AliasesAreFoundWhereTheyMayBeUsed) {
  const std::string key = MakeKey();
  ASSERT_EQ(Say<ops::CreateAlias>(Root(), {.alias_name = "alias/app/db", .target_key_id = key}), "");
  EXPECT_TRUE(Say<ops::CreateAlias>(Root(), {.alias_name = "alias/app/db", .target_key_id = key}).starts_with("AlreadyExistsException: "));
  EXPECT_TRUE(Run<ops::Encrypt>(Root(), Plain("alias/app/db", "x", arena_)));
  EXPECT_EQ(Say<ops::DisableKey>(Root(), {.key_id = "alias/none"}), "NotFoundException: Alias arn:aws:kms:eu-west-1:000000000001:alias/none is not found.");
  EXPECT_EQ(Say<ops::DisableKey>(Root(), {.key_id = "alias/app/db"}), "NotFoundException: Invalid keyId 'alias/app/db'");
  EXPECT_TRUE(Say<ops::CreateAlias>(Root(), {.alias_name = "alias/aws/mine", .target_key_id = key}).starts_with("NotAuthorizedException: "));
  auto listed = Run<ops::ListAliases>(Root(), {.key_id = MakeKey(), .limit = {}, .marker = {}});
  ASSERT_TRUE(listed);
  EXPECT_TRUE((*listed)->aliases.empty());
}

// Without a grant in the key's own policy an administrator can do nothing with it.
TEST_F(KmsTest, TheKeyPolicyHasTheLastWord) {
  const std::string key = MakeKey();
  const api::Caller admin = MakeUser("admin", R"({"Effect":"Allow","Action":"*","Resource":"*"})"), ann = MakeUser("ann");
  EXPECT_TRUE(Run<ops::Encrypt>(admin, Plain(key, "x", arena_)));
  EXPECT_FALSE(Run<ops::Encrypt>(ann, Plain(key, "x", arena_)));
  const char* policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:user/ann"},"Action":["kms:Encrypt","kms:PutKeyPolicy"],"Resource":"*"}]})";
  EXPECT_EQ(Say<ops::PutKeyPolicy>(admin, {.key_id = key, .policy_name = {}, .policy = policy, .bypass_policy_lockout_safety_check = {}}),
            "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.");
  ASSERT_EQ(Say<ops::PutKeyPolicy>(admin, {.key_id = key, .policy_name = {}, .policy = policy, .bypass_policy_lockout_safety_check = true}), "");
  EXPECT_TRUE(Run<ops::Encrypt>(ann, Plain(key, "x", arena_)));
  EXPECT_FALSE(Run<ops::Encrypt>(admin, Plain(key, "x", arena_)));
  EXPECT_FALSE(Run<ops::Encrypt>(Root(), Plain(key, "x", arena_)));
  EXPECT_TRUE(Say<ops::PutKeyPolicy>(ann, {.key_id = key, .policy_name = {}, .policy = R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000001:user/none"},"Action":"kms:*","Resource":"*"}]})", .bypass_policy_lockout_safety_check = true})
                  .starts_with("MalformedPolicyDocumentException: "));
}

TEST_F(KmsTest, ManagedKeysServeTheirServiceOnly) {
  auto described = Run<ops::DescribeKey>(Root(), {.key_id = "alias/aws/secretsmanager", .grant_tokens = {}});
  ASSERT_TRUE(described) << described.error().message;
  EXPECT_EQ((*described)->key_metadata->key_manager, "AWS");
  const std::string key = (*described)->key_metadata->arn.str();
  EXPECT_FALSE(Run<ops::Encrypt>(Root(), Plain(key, "x", arena_)));
  EXPECT_NE(Say<ops::ScheduleKeyDeletion>(Root(), {.key_id = key, .pending_window_in_days = 7}), "");
  auto again = Run<ops::DescribeKey>(Root(), {.key_id = "alias/aws/secretsmanager", .grant_tokens = {}});
  EXPECT_EQ((*again)->key_metadata->arn.str(), key);
}

TEST_F(KmsTest, RefusesByName) {
  gen::kms::CreateKeyRequest r;
  r.multi_region = true;
  EXPECT_EQ(Say<ops::CreateKey>(Root(), r), "UnsupportedOperationException: Terrarium does not implement MultiRegion keys");
  r = {};
  r.key_usage = "SIGN_VERIFY";
  EXPECT_EQ(Say<ops::CreateKey>(Root(), r), "UnsupportedOperationException: Terrarium does not implement KeyUsage SIGN_VERIFY");
}

TEST_F(KmsTest, DataKeysOpen) {
  const std::string key = MakeKey();
  gen::kms::GenerateDataKeyRequest r;
  r.key_id = key;
  r.key_spec = "AES_256";
  auto made = Run<ops::GenerateDataKey>(Root(), r);
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->plaintext.view().size(), 32u);
  EXPECT_EQ(Open(Root(), (*made)->ciphertext_blob).value_or("?"), (*made)->plaintext.str());
}

TEST_F(KmsTest, EveryOperationHasItsAction) {
  std::size_t served = 0;
  for (const api::OperationRow& row : registry_.rows()) {
    if (row.service != &gen::kms::kService) continue;
    EXPECT_TRUE(row.action.starts_with("kms:"));
    ++served;
  }
  EXPECT_EQ(served, gen::kms::kService.operation_count - 1u);  // DisableKeyRotation: there is no rotation to disable
}

}  // namespace
}  // namespace terrarium::kms
