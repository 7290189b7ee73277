#include "drivers/network/nft_table.h"

#include <algorithm>

#include "base/json.h"

namespace terrarium::network {
namespace {

// An element key as nft prints it in JSON, back to nft text. Interface names are quoted, addresses are not.
std::string ElementText(const Json& value) {
  if (value.is_string()) {
    const std::string& s = value.string();
    return Ipv4::Parse(s) || Cidr::Parse(s) ? s : '"' + s + '"';
  }
  if (value.is_int()) return std::to_string(value.integer());
  if (const Json* parts = value.Find("concat")) {
    std::string out;
    for (const Json& part : parts->array()) {
      if (!out.empty()) out += " . ";
      out += ElementText(part);
    }
    return out;
  }
  if (const Json* prefix = value.Find("prefix")) return (*prefix)["addr"].string() + '/' + std::to_string((*prefix)["len"].integer());
  if (const Json* verdict = value.Find("goto")) return "goto " + (*verdict)["target"].string();
  return "?";
}

void ReadElements(const Json& set, std::map<std::string, std::string>& out) {
  for (const Json& item : set["elem"].array()) {
    if (item.is_array() && item.array().size() == 2) {
      out[ElementText(item.array()[0])] = ElementText(item.array()[1]);
    } else {
      out[ElementText(item)] = "";
    }
  }
}

TableRule ReadRule(const Json& rule) {
  TableRule out;
  out.comment = rule["comment"].string();
  for (const Json& part : rule["expr"].array()) {
    if (const Json* counter = part.Find("counter")) out.packets = static_cast<std::uint64_t>((*counter)["packets"].integer());
    if (const Json* jump = part.Find("jump")) out.jump = (*jump)["target"].string();
    if (part.Has("drop")) out.drops = true;
  }
  return out;
}

std::optional<GroupId> GroupOfChain(std::string_view chain) {
  if (!chain.starts_with("sg_") || chain.size() < 5) return std::nullopt;
  const auto id = GroupId::Parse("sg-" + std::string(chain.substr(3, chain.size() - 5)));
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace

Result<Table> ParseTable(std::string_view json, std::string_view table_name) {
  TRY_ASSIGN(const Json document, Json::Parse(json));
  Table table;
  for (const Json& object : document["nftables"].array()) {
    if (!object.is_object() || object.object().empty()) continue;
    const auto& [kind, body] = object.object().front();
    if (body["family"].string() != "inet") continue;
    if (kind == "table") {
      table.present |= body["name"].string() == table_name;
      continue;
    }
    if (body["table"].string() != table_name) continue;
    if (kind == "chain") table.chains[body["name"].string()];
    if (kind == "rule") table.chains[body["chain"].string()].push_back(ReadRule(body));
    if (kind == "set" || kind == "map") ReadElements(body, table.elements[body["name"].string()]);
  }
  return table;
}

std::vector<Interface> InterfacesOf(const Table& table) {
  const auto set = [&](const char* name) -> const std::map<std::string, std::string>& {
    static const std::map<std::string, std::string> kNone;
    const auto at = table.elements.find(name);
    return at == table.elements.end() ? kNone : at->second;
  };
  std::vector<Interface> out;
  for (const auto& [key, unused] : set("eni_src")) {
    const auto cut = key.find(" . ");
    if (cut == std::string::npos || cut < 3) continue;
    const auto address = Ipv4::Parse(std::string_view(key).substr(cut + 3));
    if (!address) continue;
    Interface one{.name = key.substr(1, cut - 2), .address = *address};
    const std::string quoted = '"' + one.name + '"';
    one.task_endpoints = set("task_eni").contains(quoted);
    if (const auto mapped = set("eip_s").find(address->ToString()); mapped != set("eip_s").end()) one.public_address = Ipv4::Parse(mapped->second);
    if (const auto policy = set("pol_in").find(quoted); policy != set("pol_in").end() && policy->second.starts_with("goto ")) {
      const auto chain = table.chains.find(policy->second.substr(5));
      if (chain != table.chains.end())
        for (const TableRule& rule : chain->second)
          if (const auto group = GroupOfChain(rule.jump)) one.groups.push_back(*group);
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<GroupId> GroupsOf(const Table& table) {
  std::vector<GroupId> out;
  for (const auto& [name, rules] : table.chains)
    if (name.ends_with("_i"))
      if (const auto group = GroupOfChain(name)) out.push_back(*group);
  return out;
}

std::string GroupChain(const GroupId& group, Direction direction) {
  return "sg_" + std::string(group.hex()) + (direction == Direction::kIngress ? "_i" : "_e");
}

std::string MemberSet(const GroupId& group) { return "m_" + std::string(group.hex()); }

std::string PolicyName(std::vector<GroupId> groups) {
  std::sort(groups.begin(), groups.end());
  std::uint64_t hash = 14695981039346656037u;
  for (const GroupId& group : groups)
    for (const char c : group.str() + ' ') hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  std::string out = "p_";
  for (int i = 60; i >= 0; i -= 4) out += "0123456789abcdef"[hash >> i & 15];
  return out;
}

}  // namespace terrarium::network
