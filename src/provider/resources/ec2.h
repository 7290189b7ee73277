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

}  // namespace terrarium::provider
