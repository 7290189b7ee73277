#include "provider/resource/tag_api.h"

namespace terrarium::provider {

List TagList(const Value& tags, std::string_view key, std::string_view value) {
  List out;
  for (const auto& [name, text] : tags.Fields())
    out.push_back(Object{{std::string(key), name}, {std::string(value), text}});
  return out;
}

Object TagMap(const Value& list, std::string_view key, std::string_view value) {
  Object out;
  for (const auto& tag : list.Items()) out.insert_or_assign(tag[key].Text(), tag[value].Text());
  return out;
}

Value TagsForCreate(const TagApi& api, const Object& planned) {
  const auto& tags = At(planned, "tags_all");
  if (api.key.empty()) return tags.IsKnown() ? tags : Value(Object{});
  return TagList(tags, api.key, api.value);
}

Result<void> UpdateTags(Call& call, const TagApi& api, const Object& prior, const Object& planned) {
  const auto& before = At(prior, "tags_all").Fields();
  const auto& after = At(planned, "tags_all").Fields();
  Object added;
  List removed;
  for (const auto& [name, text] : after)
    if (At(before, name) != text) added.emplace(name, text);
  for (const auto& [name, text] : before)
    if (!after.contains(name)) removed.push_back(api.keys_as_tags ? Value(Object{{std::string(api.key), name}}) : name);

  const Value& id = At(prior, api.id_attribute);
  const Value target = api.id_is_list ? Value(List{id}) : id;
  if (!removed.empty())
    TRY(call.Tolerate(api.service, api.untag, {{std::string(api.id_member), target},
                                                         {std::string(api.keys_member), std::move(removed)}}, {}));
  if (!added.empty()) {
    Value tags = api.key.empty() ? Value(std::move(added)) : Value(TagList(added, api.key, api.value));
    TRY(call.Tolerate(api.service, api.tag, {{std::string(api.id_member), target},
                                                       {std::string(api.tags_member), std::move(tags)}}, {}));
  }
  return {};
}

}  // namespace terrarium::provider
