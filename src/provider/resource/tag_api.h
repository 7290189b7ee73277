// How a service takes and gives tags.
#pragma once

#include <string_view>

#include "provider/resource/call.h"

namespace terrarium::provider {

// {"a": "b"} as [{"Key": "a", "Value": "b"}], and back; the member names differ between services.
List TagList(const Value& tags, std::string_view key = "Key", std::string_view value = "Value");
Object TagMap(const Value& list, std::string_view key = "Key", std::string_view value = "Value");

// The calls that change the tags of an object that exists.
struct TagApi {
  std::string_view service{};  // empty: the type has no tags
  std::string_view tag{};
  std::string_view untag{};
  std::string_view id_member{};
  std::string_view id_attribute = "arn";
  bool id_is_list = false;
  bool keys_as_tags = false;  // EC2 wants [{"Key": "a"}] to remove
  std::string_view tags_member = "Tags";
  std::string_view keys_member = "TagKeys";
  std::string_view key = "Key";  // empty: tags travel as a map
  std::string_view value = "Value";
};

// Tags for the create call, in the form of the service.
Value TagsForCreate(const TagApi& api, const Object& planned);
// From tags_all of the prior state to tags_all of the plan.
Result<void> UpdateTags(Call& call, const TagApi& api, const Object& prior, const Object& planned);

}  // namespace terrarium::provider
