#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iam/policy_set.h"

namespace terrarium::iam {

// Who asks. Views outlive the evaluation; empty where a kind of caller has none.
struct Principal {
  enum class Kind : unsigned char { kAnonymous, kRoot, kUser, kRoleSession, kFederatedUser, kService, kWebIdentity };
  Kind kind = Kind::kAnonymous;
  std::string_view account{};
  std::string_view arn{};       // user ARN, session ARN (sts, without path), root ARN; the provider's ARN or name for kWebIdentity
  std::string_view role_arn{};  // kRoleSession: the role's ARN, with path
  std::string_view unique_id{}; // AIDA… of the user, AROA… of the role
  std::string_view service{};   // kService: "ecs-tasks.amazonaws.com"
};

// What an Allow names when it names the caller, from the widest to the closest. It decides which other layers must still agree:
// IAM user guide, "Policy evaluation logic", table of principals in resource-based policies.
enum class NamedAs : unsigned char { kNone, kAccount, kRole, kCaller };

// A policy with principals, compiled: trust policies, key policies, secret policies.
class ResourcePolicy {
 public:
  // Maps an ARN in the document to the unique id that it meant when the document was stored, so that a user or role made anew under
  // the old name is not the one that was trusted. Empty where the ARN is not bound.
  struct Binding {
    std::string arn;
    std::string unique_id;
  };
  explicit ResourcePolicy(const Policy& policy, std::vector<Binding> bindings = {});

  struct Answer {
    bool explicit_deny = false;
    NamedAs allowed = NamedAs::kNone;  // the closest of all that match
  };
  Answer Evaluate(const Principal& principal, const Request& request) const;

 private:
  struct Entry {
    CompiledStatement statement;
    bool not_principal;
    std::vector<PrincipalName> principals;
  };
  NamedAs Names(const Entry& entry, const Principal& principal) const;
  NamedAs NamesOne(const PrincipalName& name, const Principal& principal) const;

  std::vector<Entry> statements_;
  std::vector<Binding> bindings_;
};

// The layers of one caller. Null: that layer is absent. A present and empty boundary or session set allows nothing.
struct Layers {
  const PolicySet* identity = nullptr;
  const PolicySet* boundary = nullptr;
  const PolicySet* session = nullptr;
};

// What the resource's own policy is worth.
enum class ResourceRule : unsigned char {
  kMayGrant,   // the usual one: an Allow of either side is enough within an account
  kMustGrant,  // KMS keys and roles: without an Allow here nothing is allowed, not even to the owner's administrators
};

enum class Layer : unsigned char { kNone, kIdentity, kResource, kBoundary, kSession };

struct Outcome {
  bool allowed = false;
  bool explicit_deny = false;
  Layer layer = Layer::kNone;  // which one refused
  std::string policy{};        // ARN of the policy with the explicit deny, where it is a managed one
};

struct Access {
  Request request;
  std::string_view resource_account{};  // empty: the caller's own
  const ResourcePolicy* resource_policy = nullptr;
  ResourceRule rule = ResourceRule::kMayGrant;
};

// The decision order of IAM, "Determining whether a request is allowed or denied within an account". Organizations' layers are absent.
Outcome Evaluate(const Principal& principal, const Layers& layers, const Access& access);

// "User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action", as AWS words it.
std::string AccessDeniedMessage(const Principal& principal, const Request& request, const Outcome& outcome);

}  // namespace terrarium::iam
