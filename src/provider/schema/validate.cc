#include "provider/schema/validate.h"

namespace terrarium::provider {
namespace {

// A field that is accepted and ignored would promise what nobody does.
Diagnostic Refused(const std::string& name, const Path& path) {
  return {.summary = "Unsupported argument " + name,
          .detail = "Terrarium's provider does not implement \"" + name + "\". Remove it, or use HashiCorp's provider.",
          .path = path};
}

void ValidateAttribute(const Attribute& attribute, const Value& config, const Path& at, Diagnostics& out) {
  const auto& value = config[attribute.name];
  const std::string name(attribute.name);
  if (!value.IsKnown()) return;
  if (Has(attribute.use, Use::kRefused) && !IsZeroish(value) && value != attribute.preset) {
    out.push_back(Refused(name, at / name));
    return;
  }
  if (attribute.check)
    if (const auto complaint = attribute.check(value))
      out.push_back({.summary = "Invalid value for " + name, .detail = *complaint, .path = at / name});
  for (const auto other : attribute.conflicts)
    if (!config[other].IsNull())
      out.push_back({.summary = "Conflicting arguments",
                     .detail = "\"" + name + "\" cannot be set together with \"" + std::string(other) + "\"",
                     .path = at / name});
  if (Has(attribute.use, Use::kDeprecated))
    out.push_back({.severity = Severity::kWarning, .summary = "Argument is deprecated", .path = at / name});
}

}  // namespace

Diagnostics Validate(const Body& body, const Value& config, const Path& at) {
  Diagnostics out;
  for (const auto& attribute : body.attributes) ValidateAttribute(attribute, config, at, out);
  for (const auto& block : body.blocks) {
    const auto& value = config[block.name];
    const auto add = [&](const Value& item, const Path& path) {
      for (auto& one : Validate(block.body, item, path)) out.push_back(std::move(one));
    };
    const Path path = at / block.name;
    if (Has(block.use, Use::kRefused) && !IsZeroish(value)) {
      out.push_back(Refused(std::string(block.name), path));
      continue;
    }
    if (block.nesting == Nesting::kSingle) add(value, path);
    std::int64_t index = 0;
    // A set element has no address in the protocol: point at the block.
    for (const auto& item : value.Items()) add(item, block.nesting == Nesting::kList ? path / index++ : path);
  }
  return out;
}

}  // namespace terrarium::provider
