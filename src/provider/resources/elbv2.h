// What the load balancing types share: attributes that travel as a list of key and text, and tags.
#pragma once

#include <span>

#include "provider/resource/resource.h"

namespace terrarium::provider {

inline constexpr TagApi kElbTags{.service = "elbv2",
                                 .tag = "AddTags",
                                 .untag = "RemoveTags",
                                 .id_member = "ResourceArns",
                                 .id_is_list = true};

Object WithElbTags(Object request, const Object& planned);
Result<Object> ReadElbTags(Call& call, const Value& arn);

// An argument and the key of the attribute behind it.
struct ElbAttribute {
  std::string_view argument;
  std::string_view key;
};

// The attributes that differ between two objects, as [{"Key", "Value"}]. For a new object `prior` holds what the service has by itself.
List ChangedAttributes(std::span<const ElbAttribute> attributes, const Object& prior, const Object& planned);
// The defaults of the table's arguments.
Object Presets(const Body& body);
// {"idle_timeout.timeout_seconds": "60"} of a Describe…Attributes call.
Result<Object> ReadAttributes(Call& call, std::string_view operation, std::string_view arn_member, const Value& arn);
// Arguments whose attribute was answered, as the types of the table have them.
void SetArguments(std::span<const ElbAttribute> attributes, const Object& answered, Object& out);

// What follows: "app/web/0123456789abcdef" after ":loadbalancer/". CloudWatch calls a balancer so.
std::string ArnSuffix(const std::string& arn, std::string_view after);

}  // namespace terrarium::provider
