#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "codec/validate.h"
#include "services/iam/access_keys.h"
#include "services/iam/authority.h"
#include "services/iam/operations.h"

// For tests of services: rows in memory, the real authority, and operations run the way the dispatcher runs them.
namespace terrarium::iam {

inline constexpr char kTestAccount[] = "000000000001";

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() { RegisterIam(registry_, root_); }

  static api::Caller Root() { return Complete({.account = kTestAccount, .region = {}, .arn = "arn:aws:iam::000000000001:root", .user_id = kTestAccount, .access_key_id = {}, .principal_key = PrincipalKey(kTestAccount, ""), .source_ip = {}}); }
  static api::Caller Complete(api::Caller caller) {
    caller.region = "eu-west-1";
    caller.source_ip = "127.0.0.1";
    return caller;
  }
  // The caller that holds a key pair, or the error of a key that is no good.
  Result<api::Caller> Holder(std::string_view key, std::string_view token = {}) {
    return database_->Write([&](store::Tx& tx) -> Result<api::Caller> {
      TRY_ASSIGN(Credential credential, authority_.FindCredential(tx, key, token));
      return Complete(std::move(credential.caller));
    });
  }

  template <class Op>
  Result<typename Op::Response*> Run(const api::Caller& caller, const typename Op::Request& request) {
    const api::OperationRow* row = registry_.Find(Op::service(), Op::kName);
    if (row == nullptr) return Fail(ErrorKind::kUnsupported, std::string(Op::kName) + " is not registered");
    if (row->operation->input != codec::kNoShape) {
      const auto problems = codec::Validate(*Op::service().tables, row->operation->input, &request);
      if (!problems.empty()) return Fail(ErrorKind::kInvalid, codec::ValidationMessage(problems));
    }
    Arena& arena = *arenas_.emplace_back(std::make_unique<Arena>());
    auto answer = database_->Write([&](store::Tx& tx) -> Result<void*> {
      api::Call call{caller, tx, arena, clock_, random_, authority_, "request-id"};
      if (!row->action.empty()) {
        TRY_ASSIGN(const api::Access access, row->access(call, &request));
        for (const std::string& resource : access.resources) TRY(authority_.Check(caller, tx, row->action, resource, access.facts));
      }
      return row->handler(call, &request);
    });
    if (!answer) return std::unexpected(std::move(answer).error());
    return static_cast<typename Op::Response*>(*answer);
  }
  // "" on success, else "code: message".
  template <class Op>
  std::string Say(const api::Caller& caller, const typename Op::Request& request) {
    const auto answer = Run<Op>(caller, request);
    return answer ? "" : answer.error().code + ": " + answer.error().message;
  }

  api::Caller MakeUser(std::string_view name, std::string_view statements = {}) {
    EXPECT_EQ(Say<wire::ops::CreateUser>(Root(), {.path = {}, .user_name = name, .permissions_boundary = {}, .tags = {}}), "");
    if (!statements.empty()) Grant(name, statements);
    return Complete({.account = kTestAccount, .region = {}, .arn = "arn:aws:iam::000000000001:user/" + std::string(name), .user_id = {}, .access_key_id = {}, .principal_key = PrincipalKey(kTestAccount, name), .source_ip = {}});
  }
  void Grant(std::string_view user, std::string_view statements) {
    const std::string document = "{\"Version\":\"2012-10-17\",\"Statement\":[" + std::string(statements) + "]}";
    EXPECT_EQ(Say<wire::ops::PutUserPolicy>(Root(), {.user_name = user, .policy_name = "grant", .policy_document = document}), "");
  }
  void MakeRole(std::string_view name, std::string_view principal, std::string_view path = "/") {
    const std::string trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":" + std::string(principal) + "}]}";
    EXPECT_EQ(Say<wire::ops::CreateRole>(Root(), {.path = path, .role_name = name, .assume_role_policy_document = trust, .description = {}, .max_session_duration = {}, .permissions_boundary = {}, .tags = {}}), "");
  }

  FakeClock clock_;
  SeededRandom random_{11};
  crypto::RootKey root_ = crypto::RootKey::InMemory(random_);
  std::unique_ptr<store::Database> database_ = store::Database::OpenInMemory();
  Authority authority_{clock_, root_};
  api::Registry registry_;

 private:
  std::vector<std::unique_ptr<Arena>> arenas_;
};

}  // namespace terrarium::iam
