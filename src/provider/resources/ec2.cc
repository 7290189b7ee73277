#include "provider/resources/ec2.h"

#include "provider/resource/place.h"

namespace terrarium::provider {

Object WithTagSpecification(Object request, std::string_view type, const Object& planned) {
  List tags = TagList(At(planned, "tags_all"));
  if (!tags.empty())
    request["TagSpecifications"] = List{Object{{"ResourceType", std::string(type)}, {"Tags", std::move(tags)}}};
  return request;
}

Object Ec2Object(const Call& call, const Value& found) {
  Object out = FromApi(call.body, found);
  out["tags"] = TagMap(found["Tags"]);
  return out;
}

std::string Ec2Arn(const Call& call, const Value& found, std::string_view type, std::string_view id) {
  return Arn("ec2", call.region, found["OwnerId"].Text(), std::string(type) + "/" + std::string(id));
}

Result<void> WaitAvailable(Call& call, std::string_view operation, std::string_view ids_member,
                           std::string_view list_member, const std::string& id) {
  return call.WaitUntil("waiting for " + id + " to become available", [&]() -> Result<bool> {
    TRY_ASSIGN(const auto found,
               call.Find("ec2", operation, {{std::string(ids_member), List{id}}}, list_member, {}));
    return found && (*found)["State"] == Value("available");
  });
}

List Filter(std::string_view name, const Value& value) {
  return {Object{{"Name", std::string(name)}, {"Values", List{value}}}};
}

}  // namespace terrarium::provider
