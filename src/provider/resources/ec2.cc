#include "provider/resources/ec2.h"

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

}  // namespace terrarium::provider
