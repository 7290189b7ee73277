#include "api/served.h"
#include "services/rds/ops.h"

namespace terrarium::rds {

std::unexpected<Error> InvalidValue(std::string message) { return ApiError("InvalidParameterValue", std::move(message)); }
std::unexpected<Error> InvalidCombination(std::string message) { return ApiError("InvalidParameterCombination", std::move(message)); }
std::unexpected<Error> Refused(std::string_view what) {
  return ApiError("InvalidParameterCombination", std::string(what) + " is not supported: Terrarium would not make it real", ErrorKind::kUnsupported);
}

Status OnlyMembers(codec::Type type, const void* request, std::initializer_list<std::string_view> served) {
  const std::string_view name = api::FirstUnserved(type, request, served, {.zero_is_absent = true});
  return name.empty() ? Status() : Refused("The parameter " + std::string(name));
}

std::string ArnOf(const api::Call& call, std::string_view type, std::string_view name) {
  return MakeArn("rds", call.caller.region, call.caller.account, std::string(type) + ":" + std::string(name));
}

bool IsIdentifier(std::string_view name, std::size_t longest) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= longest && letter(name[0]) && name.back() != '-' && name.find("--") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

Status EnginesKnown(store::Tx& tx, Arena& arena) {
  // Engines without a look are those of a version of Terrarium that did not note it.
  if (kEngineLooks.Exists(tx, "machine") || !kEngines.ListPrefix(tx, "", arena).empty()) return {};
  return ApiError("ServiceUnavailable", "Terrarium is still testing which databases this machine can run. Try again in a moment.", ErrorKind::kUnavailable);
}

const rows::Engine* FindEngine(store::Tx& tx, Arena& arena, std::string_view version) {
  const auto numbers = [](std::string_view v) {
    std::vector<std::int64_t> out;
    for (const auto part : Split(v, '.')) out.push_back(ParseInt(part).value_or(0));
    return out;
  };
  const rows::Engine* best = nullptr;
  for (const rows::Engine* e : kEngines.ListPrefix(tx, "", arena)) {
    if (!version.empty() && !(e->version == version) && !e->version.view().starts_with(std::string(version) + ".")) continue;
    if (best == nullptr || numbers(best->version) < numbers(e->version)) best = e;
  }
  return best;
}
const rows::Engine* FindFamily(store::Tx& tx, Arena& arena, std::string_view family) {
  for (const rows::Engine* e : kEngines.ListPrefix(tx, "", arena)) {
    if (e->family == family) return e;
  }
  return nullptr;
}

Status MergeTags(Arena& arena, List<rows::Tag>& have, const List<wire::Tag>& add) {
  for (const auto& tag : add) {
    if (tag.key.empty() || tag.key.view().size() > 128 || tag.value.value_or("").size() > 256) return InvalidValue("A tag's key must have 1 to 128 characters and its value at most 256.");
    if (ToLower(tag.key.view()).starts_with("aws:")) return InvalidValue("Tag keys that begin with aws: are reserved.");
    const auto found = std::find_if(have.begin(), have.end(), [&](const rows::Tag& t) { return t.key == tag.key; });
    if (found != have.end()) {
      found->value = tag.value.value_or("");
    } else {
      have.Add(arena, {.key = tag.key, .value = tag.value.value_or("")});
    }
  }
  if (have.size() > 50) return InvalidValue("A resource can have at most 50 tags.");
  return {};
}
Result<List<rows::Tag>> ReadTags(api::Call& call, const List<wire::Tag>& tags, std::string_view arn) {
  List<rows::Tag> out;
  TRY(MergeTags(call.arena, out, tags));
  std::vector<api::Fact> facts;
  for (const auto& tag : out) facts.push_back({"aws:RequestTag/" + tag.key.str(), tag.value.str()});
  if (!out.empty()) TRY(call.authorizer.Check(call.caller, call.tx, "rds:AddTagsToResource", arn, facts));
  return out;
}
List<wire::Tag> WireTags(Arena& arena, const List<rows::Tag>& tags) {
  List<wire::Tag> out;
  out.Present(arena);
  for (const auto& tag : tags) {
    auto& made = out.Add(arena);
    made.key = tag.key;
    made.value = tag.value;
  }
  return out;
}

}  // namespace terrarium::rds
