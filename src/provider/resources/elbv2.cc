#include "provider/resources/elbv2.h"

#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

std::string AttributeText(const Value& value) {
  if (const auto* flag = value.If<bool>()) return *flag ? "true" : "false";
  return value.IsNumber() ? WriteJson(value) : value.Text();
}

}  // namespace

Object WithElbTags(Object request, const Object& planned) {
  if (Value tags = TagsForCreate(kElbTags, planned); !tags.Items().empty()) request["Tags"] = std::move(tags);
  return request;
}

Result<Object> ReadElbTags(Call& call, const Value& arn) {
  TRY_ASSIGN(const Object answer, call.Api("elbv2", "DescribeTags", {{"ResourceArns", List{arn}}}));
  const auto& descriptions = At(answer, "TagDescriptions").Items();
  return descriptions.empty() ? Object{} : TagMap(descriptions[0]["Tags"]);
}

List ChangedAttributes(std::span<const ElbAttribute> attributes, const Object& prior, const Object& planned) {
  List out;
  for (const auto& [argument, key] : attributes) {
    const Value& value = At(planned, argument);
    const Value& before = At(prior, argument);
    if (!value.IsKnown() || value == before || (IsZeroish(value) && IsZeroish(before))) continue;
    out.push_back(Object{{"Key", key}, {"Value", AttributeText(value)}});
  }
  return out;
}

Object Presets(const Body& body) {
  Object out;
  for (const auto& row : body.attributes)
    if (!row.preset.IsNull()) out.emplace(row.name, row.preset);
  return out;
}

Result<Object> ReadAttributes(Call& call, std::string_view operation, std::string_view arn_member, const Value& arn) {
  TRY_ASSIGN(const Object answer, call.Api("elbv2", operation, {{std::string(arn_member), arn}}));
  return TagMap(At(answer, "Attributes"));
}

void SetArguments(std::span<const ElbAttribute> attributes, const Object& answered, Object& out) {
  for (const auto& [argument, key] : attributes)
    if (const auto it = answered.find(key); it != answered.end()) out.insert_or_assign(std::string(argument), it->second);
}

std::string ArnSuffix(const std::string& arn, std::string_view after) {
  const auto at = arn.find(after);
  return at == arn.npos ? "" : arn.substr(at + after.size());
}

}  // namespace terrarium::provider
