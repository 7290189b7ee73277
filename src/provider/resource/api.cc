#include "provider/resource/api.h"

#include "provider/schema/equal.h"

namespace terrarium::provider {
namespace {

// A list of at most one block is one structure in the API.
bool IsStructure(const Block& block) { return block.nesting == Nesting::kList && block.max_items == 1; }

Value BlockToApi(const Block& block, const Value& value) {
  if (IsStructure(block)) return ToApi(block.body, value.Items()[0].Fields());
  List out;
  for (const auto& item : value.Items()) out.push_back(ToApi(block.body, item.Fields()));
  return out;
}

List BlockFromApi(const Block& block, const Value& member) {
  List out;
  if (member.IsNull()) return out;
  if (IsStructure(block)) return {FromApi(block.body, member)};
  for (const auto& item : member.Items()) out.push_back(FromApi(block.body, item));
  return out;
}

}  // namespace

const Value& MemberAt(const Value& document, std::string_view path) {
  const auto dot = path.find('.');
  const Value& member = document[path.substr(0, dot)];
  return dot == path.npos ? member : MemberAt(member, path.substr(dot + 1));
}

void SetMember(Object& document, std::string_view path, Value value) {
  const auto dot = path.find('.');
  const std::string name(path.substr(0, dot));
  if (dot == path.npos) {
    document.insert_or_assign(name, std::move(value));
    return;
  }
  Value& inner = document[name];
  if (!inner.If<Object>()) inner = Object{};
  SetMember(*inner.If<Object>(), path.substr(dot + 1), std::move(value));
}

Object ToApi(const Body& body, const Object& planned) {
  Object request;
  for (const auto& row : body.attributes) {
    const auto& value = At(planned, row.name);
    if (row.request.empty() || !value.IsKnown() || value == Value("")) continue;
    if (row.type.element && value.Items().empty() && value.Fields().empty()) continue;
    SetMember(request, row.request, value);
  }
  for (const auto& block : body.blocks) {
    const auto& value = At(planned, block.name);
    if (!block.request.empty() && !value.Items().empty())
      SetMember(request, block.request, BlockToApi(block, value));
  }
  return request;
}

Object ChangesToApi(const Body& body, const Object& prior, const Object& planned) {
  Object request;
  for (const auto& row : body.attributes) {
    const auto& value = At(planned, row.name);
    if (row.request.empty() || !value.IsKnown()) continue;
    if (!Equal(row.type, At(prior, row.name), value, Strictness::kExact)) SetMember(request, row.request, value);
  }
  for (const auto& block : body.blocks) {
    const auto& value = At(planned, block.name);
    if (!block.request.empty() && !value.Items().empty() && value != At(prior, block.name))
      SetMember(request, block.request, BlockToApi(block, value));
  }
  return request;
}

Object FromApi(const Body& body, const Value& document) {
  Object out;
  for (const auto& row : body.attributes)
    if (!row.answer.empty()) out.emplace(row.name, MemberAt(document, row.answer));
  for (const auto& block : body.blocks)
    if (!block.answer.empty()) out.emplace(block.name, BlockFromApi(block, MemberAt(document, block.answer)));
  return out;
}

}  // namespace terrarium::provider
