// What the EC2 types share.
#pragma once

#include "provider/resource/resource.h"

namespace terrarium::provider {

inline constexpr TagApi kEc2Tags{.service = "ec2",
                                 .tag = "CreateTags",
                                 .untag = "DeleteTags",
                                 .id_member = "Resources",
                                 .id_attribute = "id",
                                 .id_is_list = true,
                                 .keys_as_tags = true,
                                 .keys_member = "Tags"};

// The request with the tags of the plan, for an object of `type` ("security-group"); untagged without tags.
Object WithTagSpecification(Object request, std::string_view type, const Object& planned);
// Attributes of the answer, its tags as a map.
Object Ec2Object(const Call& call, const Value& found);
// arn:aws:ec2:<region>:<owner of the answer>:<type>/<id>, for answers that lack it.
std::string Ec2Arn(const Call& call, const Value& found, std::string_view type, std::string_view id);
// Polls the describe call until the object's State is "available".
Result<void> WaitAvailable(Call& call, std::string_view operation, std::string_view ids_member,
                           std::string_view list_member, const std::string& id);
// [{"Name": name, "Values": [value]}]
List Filter(std::string_view name, const Value& value);

}  // namespace terrarium::provider
