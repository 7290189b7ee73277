#pragma once

#include <span>
#include <string_view>

namespace terrarium::iam {

// A policy that AWS maintains: its document as AWS published it, of the version and date given.
struct ManagedPolicy {
  std::string_view path;  // "/", "/service-role/"
  std::string_view name;
  std::string_view id;    // ANPA…, stable
  std::string_view version;
  std::string_view date;  // of that version
  std::string_view document;
};

// The ones that stacks of this kind attach. One that is not here does not exist: attaching it is NoSuchEntity.
std::span<const ManagedPolicy> ManagedPolicies();
const ManagedPolicy* FindManagedPolicy(std::string_view arn);
std::string_view ManagedPolicyArnPrefix();  // "arn:aws:iam::aws:policy"

// Under aws-service-role/: for the roles that services make for themselves.
bool IsForServiceLinkedRoles(std::string_view arn);

}  // namespace terrarium::iam
