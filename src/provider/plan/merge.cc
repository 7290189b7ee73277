#include "provider/plan/merge.h"

#include "provider/schema/conform.h"
#include "provider/schema/equal.h"

namespace terrarium::provider {
namespace {

using enum Use;

Strictness StrictnessOf(TypeSystem types) {
  return types == TypeSystem::kLegacy ? Strictness::kLoose : Strictness::kExact;
}

bool MeansTheSame(const Attribute& attribute, const Value& prior, const Value& remote, TypeSystem types) {
  // What the cloud computes is news when nothing was known, as after an import.
  if (prior.IsNull() && Has(attribute.use, kComputed)) return remote.IsNull();
  if (Equal(attribute.type, prior, remote, StrictnessOf(types))) return true;
  // "" from the cloud for an argument that was left out is no drift, in either type system.
  if (prior.IsNull() && IsZeroish(remote)) return true;
  return attribute.same && prior.IsKnown() && remote.IsKnown() && attribute.same(prior, remote);
}

Value MergeItems(const Block& block, const List& prior, const List& remote, TypeSystem types) {
  const bool is_set = block.nesting == Nesting::kSet;
  List merged;
  for (std::size_t i = 0; i < remote.size(); ++i) {
    Value item = MergeRead(block.body, {}, remote[i], types);
    for (std::size_t j = is_set ? 0 : i; j < (is_set ? prior.size() : i + 1) && j < prior.size(); ++j) {
      Value candidate = MergeRead(block.body, prior[j], remote[i], types);
      if (is_set && !Equal(block.body, candidate, prior[j], Strictness::kExact)) continue;
      item = std::move(candidate);
      break;
    }
    merged.push_back(std::move(item));
  }
  return merged;
}

}  // namespace

Value MergeRead(const Body& body, const Value& prior, const Value& remote, TypeSystem types) {
  Object merged;
  for (const auto& attribute : body.attributes) {
    const auto& before = prior[attribute.name];
    const bool answered = remote.Fields().contains(attribute.name);
    const Value now = Conform(attribute.type, remote[attribute.name]);
    const bool keep = !answered || (!prior.IsNull() && MeansTheSame(attribute, before, now, types));
    merged.emplace(attribute.name, keep ? before : now);
  }
  for (const auto& block : body.blocks) {
    const bool answered = remote.Fields().contains(block.name) && block.nesting != Nesting::kSingle;
    merged.emplace(block.name, answered ? MergeItems(block, prior[block.name].Items(),
                                                     remote[block.name].Items(), types)
                                        : prior[block.name]);
  }
  return Conform(body, merged);
}

Value MergeApplied(const Body& body, const Value& planned, const Value& remote, TypeSystem types) {
  Object merged;
  for (const auto& attribute : body.attributes) {
    const auto& wanted = planned[attribute.name];
    merged.emplace(attribute.name, IsWhollyKnown(wanted) ? wanted : Conform(attribute.type, remote[attribute.name]));
  }
  for (const auto& block : body.blocks) {
    const auto& wanted = planned[block.name];
    const auto& now = remote[block.name];
    const bool filled_in = types == TypeSystem::kLegacy && wanted.Items().empty() &&
                           (Has(block.use, kComputed) || Has(block.use, kKeepMissing));
    if (block.nesting == Nesting::kSingle || (IsWhollyKnown(wanted) && !filled_in)) {
      merged.emplace(block.name, wanted);
      continue;
    }
    List items;
    for (std::size_t i = 0; i < now.Items().size(); ++i) {
      const bool planned_item = block.nesting == Nesting::kList && i < wanted.Items().size();
      items.push_back(planned_item ? MergeApplied(block.body, wanted.Items()[i], now.Items()[i], types)
                                   : Conform(block.body, now.Items()[i]));
    }
    merged.emplace(block.name, std::move(items));
  }
  return Conform(body, merged);
}

Object ImportedObject(const Body& body, Object known) {
  for (const auto& attribute : body.attributes)
    if (!attribute.preset.IsNull()) known.emplace(attribute.name, attribute.preset);
  return *Conform(body, known).If<Object>();
}

}  // namespace terrarium::provider
