#include "provider/schema/schema.h"

#include <algorithm>

namespace terrarium::provider {

const Attribute* FindAttribute(const Body& body, std::string_view name) {
  const auto it = std::ranges::find(body.attributes, name, &Attribute::name);
  return it == body.attributes.end() ? nullptr : &*it;
}

const Block* FindBlock(const Body& body, std::string_view name) {
  const auto it = std::ranges::find(body.blocks, name, &Block::name);
  return it == body.blocks.end() ? nullptr : &*it;
}

void MarkPresetsComputed(Body& body) {
  for (auto& attribute : body.attributes)
    if (!attribute.preset.IsNull()) attribute.use = attribute.use | Use::kComputed;
  for (auto& block : body.blocks) MarkPresetsComputed(block.body);
}

}  // namespace terrarium::provider
