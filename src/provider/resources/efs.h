// What the types of EFS share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "provider/resource/call.h"
#include "provider/resource/place.h"
#include "provider/resource/tag_api.h"

namespace terrarium::provider {

inline constexpr TagApi kEfsTags{.service = "efs", .tag = "TagResource", .untag = "UntagResource", .id_member = "ResourceId",
                                 .id_attribute = "id"};

inline Object WithEfsTags(Object request, const Object& planned) {
  if (Value tags = TagsForCreate(kEfsTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  return request;
}

inline std::string EfsDnsName(const Call& call, const Value& file_system) {
  return file_system.Text() + ".efs." + call.region + "." + std::string(PartitionOf(call.region).dns_suffix);
}

inline std::string FileSystemArn(const Call& call, const Value& owner, const Value& file_system) {
  return Arn("elasticfilesystem", call.region, owner.Text(), "file-system/" + file_system.Text());
}

// Until `find` says that the thing is available, or, with `gone`, that it is not there. "error" ends the wait.
template <class Find>
Result<void> WaitForEfs(Call& call, std::string_view what, bool gone, Find find) {
  return call.WaitUntil(what, [&]() -> Result<bool> {
    TRY_ASSIGN(const std::optional<Value> found, find());
    if (!found) return gone;
    const auto& state = (*found)["LifeCycleState"].Text();
    if (state == "error") return Fail(ErrorKind::kUnknown, std::string(what) + ": its state is error");
    return gone ? state == "deleted" : state == "available";
  });
}

}  // namespace terrarium::provider
