// Made by codegen/generate.py; not to be edited.
#include "gen/sts/types.h"

#include <cstddef>

#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace terrarium::gen::sts {
namespace {

constexpr char kPool[] =
  "RoleArnRoleSessionNamePolicyArnsDurationSecondsTagsTransitiveTagKeysExternalIdSerialNumberTokenCodeSourceIdentityProvide"
  "dContextsAssumeRoleRequestCredentialsAssumedRoleUserPackedPolicySizeAssumeRoleResponseAssumedRoleIdAccessKeyIdSecretAcce"
  "ssKeySessionTokenExpirationmessageExpiredTokenExceptionGetCallerIdentityRequestUserIdAccountGetCallerIdentityResponseGet"
  "SessionTokenRequestGetSessionTokenResponseMalformedPolicyDocumentExceptionPackedPolicyTooLargeExceptionarnPolicyDescript"
  "orTypeProviderArnContextAssertionProvidedContextsListTypememberRegionDisabledExceptionValueaccessKeyIdTypeaccessKeySecre"
  "tTypeaccountTypearnTypeassumedRoleIdTypecontextAssertionTypedateTypedurationSecondsTypeexpiredIdentityTokenMessageextern"
  "alIdTypemalformedPolicyDocumentMessagenonNegativeIntegerTypepackedPolicyTooLargeMessagepolicyDescriptorListTyperegionDis"
  "abledMessageroleDurationSecondsTyperoleSessionNameTypeserialNumberTypesourceIdentityTypetagKeyListTypetagKeyTypetagListT"
  "ypetagValueTypetokenCodeTypetokenTypeunrestrictedSessionPolicyDocumentTypeuserIdTypePOST/GetCallerIdentityResultAssumeRo"
  "leResultGetSessionTokenResultAssumeRoleWithSAMLAssumeRoleWithWebIdentityAssumeRootDecodeAuthorizationMessageGetAccessKey"
  "InfoGetDelegatedAccessTokenGetFederationTokenGetWebIdentityToken";
constexpr codec::Member kMembers[] = {
  {{0,7},{0,7},{0,7},19,offsetof(AssumeRoleRequest, role_arn),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.RoleArn
  {{7,15},{7,15},{7,15},32,offsetof(AssumeRoleRequest, role_session_name),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.RoleSessionName
  {{22,10},{22,10},{22,10},29,offsetof(AssumeRoleRequest, policy_arns),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.PolicyArns
  {{22,6},{22,6},{22,6},41,offsetof(AssumeRoleRequest, policy),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.Policy
  {{32,15},{32,15},{32,15},31,offsetof(AssumeRoleRequest, duration_seconds),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.DurationSeconds
  {{47,4},{47,4},{47,4},37,offsetof(AssumeRoleRequest, tags),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.Tags
  {{51,17},{51,17},{51,17},35,offsetof(AssumeRoleRequest, transitive_tag_keys),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.TransitiveTagKeys
  {{68,10},{68,10},{68,10},25,offsetof(AssumeRoleRequest, external_id),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.ExternalId
  {{78,12},{78,12},{78,12},33,offsetof(AssumeRoleRequest, serial_number),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.SerialNumber
  {{90,9},{90,9},{90,9},39,offsetof(AssumeRoleRequest, token_code),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.TokenCode
  {{99,14},{99,14},{99,14},34,offsetof(AssumeRoleRequest, source_identity),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.SourceIdentity
  {{113,16},{113,16},{113,16},13,offsetof(AssumeRoleRequest, provided_contexts),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleRequest.ProvidedContexts
  {{146,11},{146,11},{146,11},3,offsetof(AssumeRoleResponse, credentials),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleResponse.Credentials
  {{157,15},{157,15},{157,15},2,offsetof(AssumeRoleResponse, assumed_role_user),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleResponse.AssumedRoleUser
  {{172,16},{172,16},{172,16},27,offsetof(AssumeRoleResponse, packed_policy_size),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleResponse.PackedPolicySize
  {{99,14},{99,14},{99,14},34,offsetof(AssumeRoleResponse, source_identity),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumeRoleResponse.SourceIdentity
  {{206,13},{206,13},{206,13},20,offsetof(AssumedRoleUser, assumed_role_id),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumedRoleUser.AssumedRoleId
  {{4,3},{4,3},{4,3},19,offsetof(AssumedRoleUser, arn),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // AssumedRoleUser.Arn
  {{219,11},{219,11},{219,11},16,offsetof(Credentials, access_key_id),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Credentials.AccessKeyId
  {{230,15},{230,15},{230,15},17,offsetof(Credentials, secret_access_key),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Credentials.SecretAccessKey
  {{245,12},{245,12},{245,12},40,offsetof(Credentials, session_token),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Credentials.SessionToken
  {{257,10},{257,10},{257,10},22,offsetof(Credentials, expiration),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Credentials.Expiration
  {{267,7},{267,7},{267,7},24,offsetof(ExpiredTokenException, message),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // ExpiredTokenException.message
  {{319,6},{319,6},{319,6},42,offsetof(GetCallerIdentityResponse, user_id),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetCallerIdentityResponse.UserId
  {{325,7},{325,7},{325,7},18,offsetof(GetCallerIdentityResponse, account),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetCallerIdentityResponse.Account
  {{4,3},{4,3},{4,3},19,offsetof(GetCallerIdentityResponse, arn),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetCallerIdentityResponse.Arn
  {{32,15},{32,15},{32,15},23,offsetof(GetSessionTokenRequest, duration_seconds),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetSessionTokenRequest.DurationSeconds
  {{78,12},{78,12},{78,12},33,offsetof(GetSessionTokenRequest, serial_number),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetSessionTokenRequest.SerialNumber
  {{90,9},{90,9},{90,9},39,offsetof(GetSessionTokenRequest, token_code),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetSessionTokenRequest.TokenCode
  {{146,11},{146,11},{146,11},3,offsetof(GetSessionTokenResponse, credentials),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // GetSessionTokenResponse.Credentials
  {{267,7},{267,7},{267,7},26,offsetof(MalformedPolicyDocumentException, message),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // MalformedPolicyDocumentException.message
  {{267,7},{267,7},{267,7},28,offsetof(PackedPolicyTooLargeException, message),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // PackedPolicyTooLargeException.message
  {{463,3},{463,3},{463,3},19,offsetof(PolicyDescriptorType, arn),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // PolicyDescriptorType.arn
  {{486,11},{486,11},{486,11},19,offsetof(ProvidedContext, provider_arn),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // ProvidedContext.ProviderArn
  {{497,16},{497,16},{497,16},21,offsetof(ProvidedContext, context_assertion),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // ProvidedContext.ContextAssertion
  {{267,7},{267,7},{267,7},30,offsetof(RegionDisabledException, message),0,0,codec::Location::kBody,codec::TimeFormat::kDefault},  // RegionDisabledException.message
  {{64,3},{64,3},{64,3},36,offsetof(Tag, key),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Tag.Key
  {{566,5},{566,5},{566,5},38,offsetof(Tag, value),0,codec::kRequired,codec::Location::kBody,codec::TimeFormat::kDefault},  // Tag.Value
};
constexpr codec::Shape kShapes[] = {
  {codec::Kind::kStructure,0,codec::kNoShape,12,0,sizeof(AssumeRoleRequest),{129,17},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 0
  {codec::Kind::kStructure,0,codec::kNoShape,4,12,sizeof(AssumeRoleResponse),{188,18},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 1
  {codec::Kind::kStructure,0,codec::kNoShape,2,16,sizeof(AssumedRoleUser),{157,15},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 2
  {codec::Kind::kStructure,0,codec::kNoShape,4,18,sizeof(Credentials),{146,11},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 3
  {codec::Kind::kStructure,0,codec::kNoShape,1,22,sizeof(ExpiredTokenException),{274,21},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 4
  {codec::Kind::kStructure,0,codec::kNoShape,0,23,sizeof(GetCallerIdentityRequest),{295,24},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 5
  {codec::Kind::kStructure,0,codec::kNoShape,3,23,sizeof(GetCallerIdentityResponse),{332,25},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 6
  {codec::Kind::kStructure,0,codec::kNoShape,3,26,sizeof(GetSessionTokenRequest),{357,22},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 7
  {codec::Kind::kStructure,0,codec::kNoShape,1,29,sizeof(GetSessionTokenResponse),{379,23},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 8
  {codec::Kind::kStructure,0,codec::kNoShape,1,30,sizeof(MalformedPolicyDocumentException),{402,32},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 9
  {codec::Kind::kStructure,0,codec::kNoShape,1,31,sizeof(PackedPolicyTooLargeException),{434,29},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 10
  {codec::Kind::kStructure,0,codec::kNoShape,1,32,sizeof(PolicyDescriptorType),{466,20},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 11
  {codec::Kind::kStructure,0,codec::kNoShape,2,33,sizeof(ProvidedContext),{113,15},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 12
  {codec::Kind::kList,0,12,0,0,sizeof(ProvidedContext),{513,24},{537,6},{0,0},1,5},  // 13
  {codec::Kind::kStructure,0,codec::kNoShape,1,35,sizeof(RegionDisabledException),{543,23},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 14
  {codec::Kind::kStructure,0,codec::kNoShape,2,36,sizeof(Tag),{47,3},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 15
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{571,15},{0,0},{0,0},16,128},  // 16
  {codec::Kind::kString,codec::kSensitive,codec::kNoShape,0,0,0,{586,19},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 17
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{605,11},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 18
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{616,7},{0,0},{0,0},20,2048},  // 19
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{623,17},{0,0},{0,0},2,193},  // 20
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{640,20},{0,0},{0,0},4,2048},  // 21
  {codec::Kind::kTimestamp,0,codec::kNoShape,0,0,0,{660,8},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 22
  {codec::Kind::kInteger,0,codec::kNoShape,0,0,0,{668,19},{0,0},{0,0},900,129600},  // 23
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{687,27},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 24
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{714,14},{0,0},{0,0},2,1224},  // 25
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{728,30},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 26
  {codec::Kind::kInteger,0,codec::kNoShape,0,0,0,{758,22},{0,0},{0,0},0,codec::kNoMaximum},  // 27
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{780,27},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 28
  {codec::Kind::kList,0,11,0,0,sizeof(PolicyDescriptorType),{807,24},{537,6},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 29
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{831,21},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 30
  {codec::Kind::kInteger,0,codec::kNoShape,0,0,0,{852,23},{0,0},{0,0},900,43200},  // 31
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{875,19},{0,0},{0,0},2,64},  // 32
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{894,16},{0,0},{0,0},9,256},  // 33
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{910,18},{0,0},{0,0},2,64},  // 34
  {codec::Kind::kList,0,36,0,0,sizeof(Str),{928,14},{537,6},{0,0},codec::kNoMinimum,50},  // 35
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{942,10},{0,0},{0,0},1,128},  // 36
  {codec::Kind::kList,0,15,0,0,sizeof(Tag),{952,11},{537,6},{0,0},codec::kNoMinimum,50},  // 37
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{963,12},{0,0},{0,0},0,256},  // 38
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{975,13},{0,0},{0,0},6,6},  // 39
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{988,9},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 40
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{997,37},{0,0},{0,0},1,codec::kNoMaximum},  // 41
  {codec::Kind::kString,0,codec::kNoShape,0,0,0,{1034,10},{0,0},{0,0},codec::kNoMinimum,codec::kNoMaximum},  // 42
};
constexpr codec::Operation kOperations[] = {
  {{295,17},5,6,{1044,4},{1048,1},{1049,23},200},
  {{129,10},0,1,{1044,4},{1048,1},{1072,16},200},
  {{357,15},7,8,{1044,4},{1048,1},{1088,21},200},
};
constexpr codec::ErrorShape kErrors[] = {
  {{274,21},{274,21},400,true},
  {{402,32},{402,23},400,true},
  {{434,29},{434,20},400,true},
  {{543,23},{543,23},403,true},
};
constexpr codec::Text kUnserved[] = {
  {1109,18},
  {1127,25},
  {1152,10},
  {1162,26},
  {1188,16},
  {1204,23},
  {1227,18},
  {1245,19},
};

}  // namespace

const codec::Tables kTables = {kShapes, kMembers, nullptr, kPool, 43};
const codec::Service kService = {
  &kTables,
  "sts",
  "sts",
  "2011-06-15",
  "",
  "",
  "https://sts.amazonaws.com/doc/2011-06-15/",
  "STS",
  codec::Protocol::kAwsQuery,
  kOperations, 3,
  kErrors, 4,
  kUnserved, 8,
};

}  // namespace terrarium::gen::sts
