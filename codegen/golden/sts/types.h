// Made by codegen/generate.py; not to be edited.
#pragma once

#include <cstdint>
#include <optional>

#include "base/arena.h"
#include "codec/descriptor.h"

namespace terrarium::gen::sts {

struct AssumeRoleRequest;
struct AssumeRoleResponse;
struct AssumedRoleUser;
struct Credentials;
struct ExpiredTokenException;
struct GetCallerIdentityRequest;
struct GetCallerIdentityResponse;
struct GetSessionTokenRequest;
struct GetSessionTokenResponse;
struct MalformedPolicyDocumentException;
struct PackedPolicyTooLargeException;
struct PolicyDescriptorType;
struct ProvidedContext;
struct RegionDisabledException;
struct Tag;

struct AssumeRoleRequest {
  Str role_arn{};
  Str role_session_name{};
  List<PolicyDescriptorType> policy_arns{};
  Str policy{};
  std::optional<std::int32_t> duration_seconds{};
  List<Tag> tags{};
  List<Str> transitive_tag_keys{};
  Str external_id{};
  Str serial_number{};
  Str token_code{};
  Str source_identity{};
  List<ProvidedContext> provided_contexts{};
};

struct AssumeRoleResponse {
  Credentials* credentials{};
  AssumedRoleUser* assumed_role_user{};
  std::optional<std::int32_t> packed_policy_size{};
  Str source_identity{};
};

struct AssumedRoleUser {
  Str assumed_role_id{};
  Str arn{};
};

struct Credentials {
  Str access_key_id{};
  Str secret_access_key{};
  Str session_token{};
  std::optional<std::int64_t> expiration{};
};

struct ExpiredTokenException {
  Str message{};
};

struct GetCallerIdentityRequest {
};

struct GetCallerIdentityResponse {
  Str user_id{};
  Str account{};
  Str arn{};
};

struct GetSessionTokenRequest {
  std::optional<std::int32_t> duration_seconds{};
  Str serial_number{};
  Str token_code{};
};

struct GetSessionTokenResponse {
  Credentials* credentials{};
};

struct MalformedPolicyDocumentException {
  Str message{};
};

struct PackedPolicyTooLargeException {
  Str message{};
};

struct PolicyDescriptorType {
  Str arn{};
};

struct ProvidedContext {
  Str provider_arn{};
  Str context_assertion{};
};

struct RegionDisabledException {
  Str message{};
};

struct Tag {
  Str key{};
  Str value{};
};

extern const codec::Tables kTables;
inline constexpr std::uint16_t kAssumeRoleRequestShape = 0;
inline constexpr std::uint16_t kAssumeRoleResponseShape = 1;
inline constexpr std::uint16_t kAssumedRoleUserShape = 2;
inline constexpr std::uint16_t kCredentialsShape = 3;
inline constexpr std::uint16_t kExpiredTokenExceptionShape = 4;
inline constexpr std::uint16_t kGetCallerIdentityRequestShape = 5;
inline constexpr std::uint16_t kGetCallerIdentityResponseShape = 6;
inline constexpr std::uint16_t kGetSessionTokenRequestShape = 7;
inline constexpr std::uint16_t kGetSessionTokenResponseShape = 8;
inline constexpr std::uint16_t kMalformedPolicyDocumentExceptionShape = 9;
inline constexpr std::uint16_t kPackedPolicyTooLargeExceptionShape = 10;
inline constexpr std::uint16_t kPolicyDescriptorTypeShape = 11;
inline constexpr std::uint16_t kProvidedContextShape = 12;
inline constexpr std::uint16_t kRegionDisabledExceptionShape = 14;
inline constexpr std::uint16_t kTagShape = 15;
inline codec::Type TypeOf(const AssumeRoleRequest*) { return {&kTables, kAssumeRoleRequestShape}; }
inline codec::Type TypeOf(const AssumeRoleResponse*) { return {&kTables, kAssumeRoleResponseShape}; }
inline codec::Type TypeOf(const AssumedRoleUser*) { return {&kTables, kAssumedRoleUserShape}; }
inline codec::Type TypeOf(const Credentials*) { return {&kTables, kCredentialsShape}; }
inline codec::Type TypeOf(const ExpiredTokenException*) { return {&kTables, kExpiredTokenExceptionShape}; }
inline codec::Type TypeOf(const GetCallerIdentityRequest*) { return {&kTables, kGetCallerIdentityRequestShape}; }
inline codec::Type TypeOf(const GetCallerIdentityResponse*) { return {&kTables, kGetCallerIdentityResponseShape}; }
inline codec::Type TypeOf(const GetSessionTokenRequest*) { return {&kTables, kGetSessionTokenRequestShape}; }
inline codec::Type TypeOf(const GetSessionTokenResponse*) { return {&kTables, kGetSessionTokenResponseShape}; }
inline codec::Type TypeOf(const MalformedPolicyDocumentException*) { return {&kTables, kMalformedPolicyDocumentExceptionShape}; }
inline codec::Type TypeOf(const PackedPolicyTooLargeException*) { return {&kTables, kPackedPolicyTooLargeExceptionShape}; }
inline codec::Type TypeOf(const PolicyDescriptorType*) { return {&kTables, kPolicyDescriptorTypeShape}; }
inline codec::Type TypeOf(const ProvidedContext*) { return {&kTables, kProvidedContextShape}; }
inline codec::Type TypeOf(const RegionDisabledException*) { return {&kTables, kRegionDisabledExceptionShape}; }
inline codec::Type TypeOf(const Tag*) { return {&kTables, kTagShape}; }

extern const codec::Service kService;
namespace ops {
struct GetCallerIdentity { using Request = ::terrarium::gen::sts::GetCallerIdentityRequest; using Response = ::terrarium::gen::sts::GetCallerIdentityResponse; static constexpr std::uint16_t kIndex = 0; static constexpr std::string_view kName = "GetCallerIdentity"; static const codec::Service& service() { return kService; } };
struct AssumeRole { using Request = ::terrarium::gen::sts::AssumeRoleRequest; using Response = ::terrarium::gen::sts::AssumeRoleResponse; static constexpr std::uint16_t kIndex = 1; static constexpr std::string_view kName = "AssumeRole"; static const codec::Service& service() { return kService; } };
struct GetSessionToken { using Request = ::terrarium::gen::sts::GetSessionTokenRequest; using Response = ::terrarium::gen::sts::GetSessionTokenResponse; static constexpr std::uint16_t kIndex = 2; static constexpr std::string_view kName = "GetSessionToken"; static const codec::Service& service() { return kService; } };
}  // namespace ops

}  // namespace terrarium::gen::sts
