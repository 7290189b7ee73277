#include "provider/schema/checks.h"

#include <algorithm>
#include <cctype>

#include "provider/value/json.h"

namespace terrarium::provider {

Check OneOf(std::vector<std::string_view> allowed) {
  return [allowed = std::move(allowed)](const Value& value) -> std::optional<std::string> {
    if (std::ranges::find(allowed, value.Text()) != allowed.end()) return std::nullopt;
    std::string list;
    for (const auto one : allowed) list += (list.empty() ? "\"" : ", \"") + std::string(one) + "\"";
    return "expected one of " + list + ", got \"" + value.Text() + "\"";
  };
}

Check Between(std::int64_t low, std::int64_t high) {
  return [=](const Value& value) -> std::optional<std::string> {
    if (value.Int() >= low && value.Int() <= high) return std::nullopt;
    return "expected a number from " + std::to_string(low) + " to " + std::to_string(high) + ", got " +
           WriteJson(value);
  };
}

Check Length(std::size_t low, std::size_t high) {
  return [=](const Value& value) -> std::optional<std::string> {
    const auto size = value.Text().size();
    if (size >= low && size <= high) return std::nullopt;
    return "expected a length from " + std::to_string(low) + " to " + std::to_string(high) + ", got " +
           std::to_string(size);
  };
}

Check IsJson() {
  return [](const Value& value) -> std::optional<std::string> {
    if (const auto parsed = ParseJson(value.Text()); !parsed) return parsed.error().message;
    return std::nullopt;
  };
}

Check IsArn() {
  return [](const Value& value) -> std::optional<std::string> {
    const auto& text = value.Text();
    if (text.empty() || (text.starts_with("arn:") && std::ranges::count(text, ':') >= 5)) return std::nullopt;
    return "\"" + text + "\" is not an ARN";
  };
}

Check Both(Check first, Check second) {
  return [=](const Value& value) {
    auto complaint = first(value);
    return complaint ? complaint : second(value);
  };
}

Check Each(Check check) {
  return [=](const Value& value) -> std::optional<std::string> {
    for (const auto& item : value.Items())
      if (auto complaint = item.IsKnown() ? check(item) : std::nullopt) return complaint;
    for (const auto& [name, field] : value.Fields())
      if (auto complaint = field.IsKnown() ? check(field) : std::nullopt) return name + ": " + *complaint;
    return std::nullopt;
  };
}

Check NameLike(std::size_t longest) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || std::string_view("+=,.@-_").contains(c); };
  return Both(Length(1, longest), [=](const Value& value) -> std::optional<std::string> {
    if (std::ranges::all_of(value.Text(), allowed)) return std::nullopt;
    return "only letters, digits and +=,.@-_ are allowed, got \"" + value.Text() + "\"";
  });
}

}  // namespace terrarium::provider
