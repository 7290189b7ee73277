#include "compare.h"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace terrarium::vectors {
namespace {

std::string Differ(std::string_view want, std::string_view got) { return "wanted: " + std::string(want) + "\n   got: " + std::string(got); }

// One spelling for each number and each order.
std::string Plain(const Json& value) {
  if (value.is_number()) {
    std::string out;
    AppendJsonNumber(out, value.number());
    return value.is_int() ? std::to_string(value.integer()) : out;
  }
  if (value.is_array()) {
    std::string out = "[";
    for (const Json& item : value.array()) out += Plain(item) + ",";
    return out + "]";
  }
  if (value.is_object()) {
    std::set<std::string> members;
    for (const auto& [key, item] : value.object()) members.insert(Json(key).Write() + ":" + Plain(item));
    std::string out = "{";
    for (const std::string& member : members) out += member + ",";
    return out + "}";
  }
  return value.Write();
}

bool HoldsRequestId(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name == "ResponseMetadata" || EqualsIgnoreCase(name, "requestId");
}

std::string Plain(const pugi::xml_node& node, bool ids) {
  std::set<std::string> attributes;
  for (const auto& attribute : node.attributes()) attributes.insert(std::string(attribute.name()) + "=" + attribute.value());
  std::string out = "<" + std::string(node.name());
  for (const std::string& attribute : attributes) out += " " + attribute;
  out += ">";
  std::vector<pugi::xml_node> elements;
  for (const auto& child : node.children())
    if (child.type() == pugi::node_element && (ids || !HoldsRequestId(child))) elements.push_back(child);
  std::ranges::stable_sort(elements, {}, [](const pugi::xml_node& n) { return std::string_view(n.name()); });
  if (elements.empty() && node.first_child() && node.first_child().type() != pugi::node_element)
    for (const auto& child : node.children()) out += child.value();
  for (const auto& child : elements) out += Plain(child, ids);
  return out + "</>";
}

constexpr unsigned kParse = pugi::parse_default | pugi::parse_ws_pcdata_single;

std::multiset<std::string> Pairs(std::string_view text) {
  std::multiset<std::string> out;
  for (const std::string_view pair : Split(text, '&')) {
    const std::size_t equals = pair.find('=');
    const auto key = UriDecode(pair.substr(0, equals), true);
    const auto value = UriDecode(equals == pair.npos ? "" : pair.substr(equals + 1), true);
    if (!pair.empty()) out.insert(key.value_or("?") + "=" + value.value_or("?"));
  }
  return out;
}

}  // namespace

std::string DiffJson(std::string_view want, std::string_view got) {
  const auto a = Json::Parse(want), b = Json::Parse(got);
  if (!a || !b) return want == got ? "" : Differ(want, got);
  return Plain(*a) == Plain(*b) ? "" : Differ(Plain(*a), Plain(*b));
}

std::string RequestIdOf(std::string_view text) {
  pugi::xml_document xml;
  xml.load_buffer(text.data(), text.size());
  const auto found = xml.find_node([](const pugi::xml_node& n) { return EqualsIgnoreCase(n.name(), "requestId"); });
  return found.text().get();
}

std::string DiffXml(std::string_view want, std::string_view got) {
  pugi::xml_document a, b;
  if (!a.load_buffer(want.data(), want.size(), kParse) || !b.load_buffer(got.data(), got.size(), kParse)) return want == got ? "" : Differ(want, got);
  const bool ids = !RequestIdOf(want).empty();
  const std::string x = Plain(a.document_element(), ids), y = Plain(b.document_element(), ids);
  return x == y ? "" : Differ(x, y);
}

std::string DiffForm(std::string_view want, std::string_view got) { return Pairs(want) == Pairs(got) ? "" : Differ(want, got); }

}  // namespace terrarium::vectors
