#include "provider/resources/security_group_rules.h"

#include <algorithm>
#include <tuple>


#include "base/text.h"
#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

// Where sources of one kind are in a rule, in a permission, and what names them there.
struct Kind {
  std::string_view attribute;
  const char* list;
  const char* name;
};
constexpr Kind kKinds[] = {{"cidr_blocks", "IpRanges", "CidrIp"},
                           {"ipv6_cidr_blocks", "Ipv6Ranges", "CidrIpv6"},
                           {"prefix_list_ids", "PrefixListIds", "PrefixListId"},
                           {"security_groups", "UserIdGroupPairs", "GroupId"}};

// With protocol -1 the API has no ports.
Object Head(const std::string& protocol, const Value& from, const Value& to) {
  Object head{{"IpProtocol", protocol}};
  if (protocol == "-1") return head;
  head["FromPort"] = from.Int();
  head["ToPort"] = to.Int();
  return head;
}

void Add(SinglePermissions& out, Object head, const Kind& kind, const Value& source, const std::string& description) {
  Object range{{kind.name, source}};
  if (!description.empty()) range["Description"] = description;
  head[kind.list] = List{std::move(range)};
  std::string key = WriteJson(head);
  out.insert_or_assign(std::move(key), std::move(head));
}

Object EmptyRule(const std::string& protocol, const Value& from, const Value& to, const std::string& description) {
  Object rule{{"protocol", protocol}, {"from_port", from.Int()}, {"to_port", to.Int()}, {"description", description},
              {"self", false}};
  for (const auto& kind : kKinds) rule.emplace(kind.attribute, List{});
  return rule;
}

bool Holds(const SinglePermissions& all, const SinglePermissions& part) {
  return std::ranges::all_of(part, [&](const auto& one) { return all.contains(one.first); });
}

}  // namespace

std::string ProtocolName(std::string_view protocol) {
  if (protocol == "6") return "tcp";
  if (protocol == "17") return "udp";
  if (protocol == "1") return "icmp";
  if (protocol == "58") return "icmpv6";
  const std::string lower = ToLower(protocol);
  return lower == "all" ? "-1" : lower;
}

SinglePermissions PermissionsOfRules(const Value& rules, const std::string& own) {
  SinglePermissions out;
  for (const auto& rule : rules.Items()) {
    const Object head = Head(ProtocolName(rule["protocol"].Text()), rule["from_port"], rule["to_port"]);
    const auto& description = rule["description"].Text();
    for (const auto& kind : kKinds)
      for (const auto& source : rule[kind.attribute].Items()) Add(out, head, kind, source, description);
    if (rule["self"].Bool()) Add(out, head, kKinds[3], own, description);
  }
  return out;
}

SinglePermissions PermissionsOfAnswer(const Value& ip_permissions) {
  SinglePermissions out;
  for (const auto& permission : ip_permissions.Items()) {
    const Object head =
        Head(ProtocolName(permission["IpProtocol"].Text()), permission["FromPort"], permission["ToPort"]);
    for (const auto& kind : kKinds)
      for (const auto& range : permission[kind.list].Items())
        Add(out, head, kind, range[kind.name], range["Description"].Text());
  }
  return out;
}

List RulesOfAnswer(const Value& ip_permissions, const Value& known, const std::string& own) {
  SinglePermissions left = PermissionsOfAnswer(ip_permissions);
  List out;
  for (const auto& rule : known.Items()) {
    const auto part = PermissionsOfRules(List{rule}, own);
    if (part.empty() || !Holds(left, part)) continue;
    for (const auto& one : part) left.erase(one.first);
    out.push_back(rule);
  }
  std::map<std::string, Object> groups;
  for (const auto& [key, permission] : left) {
    for (const auto& kind : kKinds) {
      for (const auto& range : permission[kind.list].Items()) {
        const auto& description = range["Description"].Text();
        Object rule = EmptyRule(permission["IpProtocol"].Text(), permission["FromPort"], permission["ToPort"],
                                description);
        const std::string group = WriteJson(rule);
        Object& into = groups.try_emplace(group, std::move(rule)).first->second;
        const Value& source = range[kind.name];
        if (source == Value(own)) into["self"] = true;
        else into.find(kind.attribute)->second.If<List>()->push_back(source);
      }
    }
  }
  for (auto& [key, rule] : groups) out.emplace_back(std::move(rule));
  return out;
}

List Without(const SinglePermissions& all, const SinglePermissions& removed) {
  List out;
  for (const auto& [key, permission] : all)
    if (!removed.contains(key)) out.push_back(permission);
  return out;
}

}  // namespace terrarium::provider
