#include "provider/resources/container_definitions.h"

#include <algorithm>

#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

List ByName(const Value& items) {
  List sorted = items.Items();
  std::ranges::sort(sorted, {}, [](const Value& item) { return item["name"].Text(); });
  return sorted;
}

Object Sorted(const Value& container) {
  Object out = container.Fields();
  for (const char* list : {"environment", "secrets"})
    if (out.contains(list)) out[list] = ByName(out[list]);
  return out;
}

bool IsEmpty(const Value& value) {
  if (value.IsNull()) return true;
  if (value.If<List>()) return value.Items().empty();
  return value.If<Object>() && value.Fields().empty();
}

bool IsAllZero(const Value& object) {
  return object.If<Object>() &&
         std::ranges::all_of(object.Fields(), [](const auto& field) { return IsZeroish(field.second); });
}

// Without what means nothing: null, empty lists and structures, list items that say nothing.
Value Pruned(const Value& value) {
  if (value.If<List>()) {
    List out;
    for (const auto& item : value.Items())
      if (!IsAllZero(item)) out.push_back(Pruned(item));
    return out;
  }
  if (!value.If<Object>()) return value;
  Object out;
  for (const auto& [name, field] : value.Fields())
    if (Value pruned = Pruned(field); !IsEmpty(pruned)) out.emplace(name, std::move(pruned));
  return out;
}

Value CanonicalPort(const Value& mapping) {
  Object out = mapping.Fields();
  if (At(out, "protocol") == Value("tcp")) out.erase("protocol");
  // With awsvpc the host port is the container's, said or not; 0 asks for any.
  if (At(out, "hostPort") == Value(0) || At(out, "hostPort") == At(out, "containerPort")) out.erase("hostPort");
  return out;
}

Value CanonicalContainer(const Value& container) {
  Object out = Sorted(Pruned(container));
  if (At(out, "essential").IsNull()) out["essential"] = true;
  for (const char* size : {"cpu", "memory"})
    if (At(out, size) == Value(0)) out.erase(size);
  if (out.contains("portMappings")) {
    List ports;
    for (const auto& mapping : out["portMappings"].Items()) ports.push_back(CanonicalPort(mapping));
    out["portMappings"] = std::move(ports);
  }
  if (auto* check = out.contains("healthCheck") ? out["healthCheck"].If<Object>() : nullptr)
    for (const auto& [member, otherwise] : {std::pair{"interval", 30}, {"retries", 3}, {"timeout", 5}})
      check->try_emplace(member, otherwise);
  return out;
}

Value Canonical(const Value& definitions) {
  List out;
  for (const auto& container : ByName(definitions)) out.push_back(CanonicalContainer(container));
  return out;
}

}  // namespace

std::string ContainerDefinitionsText(const Value& definitions) {
  List out;
  for (const auto& container : ByName(definitions)) out.emplace_back(Sorted(container));
  return WriteJson(out);
}

bool IsSameContainerDefinitions(const Value& a, const Value& b) {
  const auto x = ParseJson(a.Text());
  const auto y = ParseJson(b.Text());
  return x && y && Canonical(*x) == Canonical(*y);
}

}  // namespace terrarium::provider
