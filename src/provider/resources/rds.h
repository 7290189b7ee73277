// What the RDS types share.
#pragma once

#include "provider/resource/resource.h"

namespace terrarium::provider {

inline constexpr TagApi kRdsTags{.service = "rds",
                                 .tag = "AddTagsToResource",
                                 .untag = "RemoveTagsFromResource",
                                 .id_member = "ResourceName"};

inline Object WithRdsTags(Object request, const Object& planned) {
  if (Value tags = TagsForCreate(kRdsTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  return request;
}

inline Result<Object> ReadRdsTags(Call& call, const Value& arn) {
  TRY_ASSIGN(const Object answer, call.Api("rds", "ListTagsForResource", {{"ResourceName", arn}}));
  return TagMap(At(answer, "TagList"));
}

}  // namespace terrarium::provider
