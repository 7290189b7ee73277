// What the ECS types share.
#pragma once

#include "provider/resource/resource.h"

namespace terrarium::provider {

inline constexpr TagApi kEcsTags{.service = "ecs",
                                 .tag = "TagResource",
                                 .untag = "UntagResource",
                                 .id_member = "resourceArn",
                                 .tags_member = "tags",
                                 .keys_member = "tagKeys",
                                 .key = "key",
                                 .value = "value"};

// ECS refuses an empty list of tags: without tags the member is left out.
inline Object WithEcsTags(Object request, const Object& planned) {
  if (Value tags = TagsForCreate(kEcsTags, planned); !tags.Items().empty()) request["tags"] = std::move(tags);
  return request;
}

}  // namespace terrarium::provider
