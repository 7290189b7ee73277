#include "provider/plan/planner.h"

#include <algorithm>

#include "provider/schema/conform.h"
#include "provider/schema/equal.h"

namespace terrarium::provider {
namespace {

using enum Use;

class Planner {
 public:
  explicit Planner(TypeSystem types) : types_(types) {}
  std::vector<Path> replace;

  Value PlanBody(const Body& body, const Value& prior, const Value& config, const Path& at) {
    Object planned;
    for (const auto& attribute : body.attributes)
      planned.emplace(attribute.name, PlanAttribute(attribute, prior, config[attribute.name], at / attribute.name));
    for (const auto& block : body.blocks)
      planned.emplace(block.name, PlanBlock(block, prior, config[block.name], at / block.name));
    return planned;
  }

 private:
  bool Legacy() const { return types_ == TypeSystem::kLegacy; }

  Value PlanAttribute(const Attribute& attribute, const Value& prior_body, const Value& config, const Path& at) {
    const bool creating = prior_body.IsNull();
    const Value& prior = prior_body[attribute.name];
    if (Has(attribute.use, kWriteOnly)) return {};
    if (config.IsNull() && attribute.preset.IsNull() && Has(attribute.use, kComputed))
      return creating ? Value(Unknown{}) : prior;

    Value wanted = config.IsNull() ? attribute.preset : config;
    if (Legacy()) wanted = FillZeros(attribute.type, wanted);
    if (creating) return wanted;
    if (Unchanged(attribute, prior, wanted)) return prior;
    if (Has(attribute.use, kForceNew)) replace.push_back(at);
    return wanted;
  }

  bool Unchanged(const Attribute& attribute, const Value& prior, const Value& wanted) const {
    const auto strictness = Legacy() ? Strictness::kLoose : Strictness::kExact;
    if (Equal(attribute.type, prior, wanted, strictness)) return true;
    return attribute.same && prior.IsKnown() && IsWhollyKnown(wanted) && !wanted.IsNull() &&
           attribute.same(prior, wanted);
  }

  Value PlanBlock(const Block& block, const Value& prior_body, const Value& config, const Path& at) {
    const bool creating = prior_body.IsNull();
    const Value& prior = prior_body[block.name];
    if (config.IsUnknown()) return config;
    if (block.nesting == Nesting::kSingle) {
      if (config.IsNull()) return config;
      return PlanBody(block.body, prior, config, at);
    }
    if (config.Items().empty() && Legacy()) {
      if (creating && Has(block.use, kComputed)) return Unknown{};
      if (!creating && (Has(block.use, kComputed) || Has(block.use, kKeepMissing))) return prior;
    }
    Value planned = block.nesting == Nesting::kSet ? PlanSet(block, prior.Items(), config.Items())
                                                   : PlanList(block, prior.Items(), config.Items(), at);
    if (!creating && Replaces(block, prior, planned)) replace.push_back(at);
    return planned;
  }

  Value PlanList(const Block& block, const List& prior, const List& config, const Path& at) {
    List planned;
    for (std::size_t i = 0; i < config.size(); ++i)
      planned.push_back(PlanBody(block.body, i < prior.size() ? prior[i] : Value(), config[i],
                                 at / static_cast<std::int64_t>(i)));
    return planned;
  }

  // An element of the configuration is the prior element that it would leave unchanged, or it is new.
  Value PlanSet(const Block& block, const List& prior, const List& config) {
    std::vector<bool> used(prior.size());
    List planned;
    for (const auto& item : config) {
      Value result = Planner(types_).PlanBody(block.body, {}, item, {});
      for (std::size_t i = 0; i < prior.size(); ++i) {
        if (used[i]) continue;
        const Value trial = Planner(types_).PlanBody(block.body, prior[i], item, {});
        if (!Equal(block.body, trial, prior[i], Strictness::kExact)) continue;
        used[i] = true;
        result = prior[i];
        break;
      }
      planned.push_back(std::move(result));
    }
    return planned;
  }

  // List elements report their own arguments; a set, or a list of another length, reports the block.
  static bool Replaces(const Block& block, const Value& prior, const Value& planned) {
    const auto forces = [](const Attribute& attribute) { return Has(attribute.use, kForceNew); };
    if (!Has(block.use, kForceNew) && std::ranges::none_of(block.body.attributes, forces)) return false;
    if (block.nesting == Nesting::kList) return prior.Items().size() != planned.Items().size();
    return !EqualItems(true, prior.Items(), planned.Items(), [&](const Value& a, const Value& b) {
      return Equal(block.body, a, b, Strictness::kExact);
    });
  }

  TypeSystem types_;
};

// Computed attributes that an update gives a new value.
void RenewComputed(const Body& body, const Value& prior, const Value& config, Object& planned) {
  for (const auto& attribute : body.attributes) {
    if (!Has(attribute.use, kComputed) || !config[attribute.name].IsNull()) continue;
    const bool renew = Has(attribute.use, kVolatile) || std::ranges::any_of(attribute.follows, [&](auto name) {
      const auto* leader = FindAttribute(body, name);
      return leader && !Equal(leader->type, prior[name], At(planned, name), Strictness::kExact);
    });
    if (renew) planned.insert_or_assign(std::string(attribute.name), Unknown{});
  }
}

}  // namespace

Plan PlanChange(const Body& body, const Value& prior, const Value& config, TypeSystem types) {
  Planner planner(types);
  Value planned = planner.PlanBody(body, prior, config, {});
  if (prior.IsNull()) return {.planned = std::move(planned)};
  if (Equal(body, prior, planned, Strictness::kExact)) return {.planned = prior};
  RenewComputed(body, prior, config, *planned.If<Object>());
  return {.planned = std::move(planned), .replace = std::move(planner.replace)};
}

}  // namespace terrarium::provider
