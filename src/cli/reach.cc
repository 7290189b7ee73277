#include "cli/reach.h"

#include <algorithm>
#include <optional>

#include "base/ip.h"
#include "cli/stack_view.h"
#include "cli/tasks.h"

namespace terrarium::cli {
namespace {

struct End {
  std::string shown{};
  std::string word{};               // "task", "db", "alb": what a fix calls it
  std::optional<Ipv4> address{};    // nothing for the internet at large
  Json interface{};                 // null outside of the VPC
  std::vector<std::string> groups{};
  bool outside() const { return interface.is_null(); }
  std::string subnet() const { return interface["SubnetId"].string(); }
  std::string vpc() const { return interface["VpcId"].string(); }
  std::string public_address() const { return interface["Association"]["PublicIp"].string(); }
};

std::unexpected<Problem> NoEnd(const std::string& what, const std::string& why) {
  return std::unexpected(Problem("UNKNOWN", "there is no network interface for " + what, why, "", "terrarium status", ExitCode::kBadAnswer));
}

End EndOf(std::string word, std::string name, const Json& interface) {
  End end{.word = std::move(word), .address = Ipv4::Parse(interface["PrivateIpAddress"].string()), .interface = interface};
  for (const Json& group : interface["Groups"].array()) end.groups.push_back(group["GroupId"].string());
  end.shown = (name.empty() ? interface["NetworkInterfaceId"].string() : name) + " " + interface["PrivateIpAddress"].string();
  return end;
}

Answer<End> Resolve(Session& session, const std::string& what, const Json::Array& interfaces) {
  if (what == "internet") return End{.shown = "internet", .word = "internet"};
  const auto by_address = [&](const std::string& address) { return std::ranges::find_if(interfaces, [&](const Json& one) { return one["PrivateIpAddress"].string() == address || one["Association"]["PublicIp"].string() == address; }); };
  if (const auto address = Ipv4::Parse(what)) {
    const auto found = by_address(what);
    if (found != interfaces.end()) return EndOf("address", "", *found);
    return End{.shown = what, .word = "internet", .address = address};
  }
  if (what.starts_with("eni-")) {
    const auto found = std::ranges::find_if(interfaces, [&](const Json& one) { return one["NetworkInterfaceId"].string() == what; });
    if (found == interfaces.end()) return NoEnd(what, "no interface has that id");
    return EndOf("interface", what, *found);
  }
  if (what == "db" || what == "database") {
    TRY_ASSIGN(const Json db, FindDatabase(session, session.stack()));
    if (db.is_null()) return NoEnd(what, "there is no database " + session.stack());
    const auto& groups = db["VpcSecurityGroups"].array();
    const auto found = std::ranges::find_if(interfaces, [&](const Json& one) {
      if (one["Description"].string() != "RDSNetworkInterface" || groups.empty()) return false;
      if (!db["AvailabilityZone"].string().empty() && one["AvailabilityZone"].string() != db["AvailabilityZone"].string()) return false;
      return std::ranges::any_of(one["Groups"].array(), [&](const Json& g) { return g["GroupId"].string() == groups[0]["VpcSecurityGroupId"].string(); });
    });
    if (found == interfaces.end()) return NoEnd(what, "none carries the database's security group");
    return EndOf("db", "database " + session.stack(), *found);
  }
  if (what == "alb") {
    const auto found = std::ranges::find_if(interfaces, [&](const Json& one) { return one["Description"].string().starts_with("ELB app/" + session.stack() + "/"); });
    if (found == interfaces.end()) return NoEnd(what, "there is no load balancer " + session.stack());
    return EndOf("alb", "load balancer " + session.stack(), *found);
  }
  TRY_ASSIGN(const Json::Array tasks, RunningTasks(session, session.stack(), session.stack()));
  for (const Json& task : tasks) {
    if (what != "task" && !LastPart(task["taskArn"].string()).starts_with(what)) continue;
    const auto found = by_address(AddressOf(task));
    if (AddressOf(task).empty() || found == interfaces.end()) continue;
    return EndOf("task", "task " + ShortId(task["taskArn"].string()), *found);
  }
  return NoEnd(what, what == "task" ? "no task of the service has one" : "an end is task, db, alb, internet, a task's id, an interface's id or an address");
}

// The first rule that lets tcp `port` to or from `other` through, in words.
std::optional<std::string> Matching(const Json::Array& permissions, const End& other, int port, std::string& what_there_is) {
  std::size_t rules = 0;
  for (const Json& one : permissions) {
    const std::string protocol = one["IpProtocol"].string();
    std::string ports = "tcp";
    bool fits = true;
    if (protocol == "-1") {
      ports = "all";
    } else {
      const auto low = one["FromPort"].integer(), high = one["ToPort"].integer();
      ports = protocol + " " + std::to_string(low) + (high != low ? "-" + std::to_string(high) : "");
      fits = (protocol == "tcp" || protocol == "6") && port >= low && port <= high;
    }
    const auto look = [&](const std::string& peer, bool matches) -> std::optional<std::string> {
      ++rules;
      if (rules <= 3) what_there_is += (what_there_is.empty() ? "" : ", ") + ports + " " + peer;
      if (fits && matches) return ports + " " + peer;
      return std::nullopt;
    };
    for (const Json& range : one["IpRanges"].array()) {
      const auto cidr = Cidr::Parse(range["CidrIp"].string());
      // The internet at large is let in only by a rule for all of it.
      const bool matches = cidr && (other.address ? cidr->Contains(*other.address) : cidr->prefix == 0);
      if (auto found = look(range["CidrIp"].string(), matches)) return found;
    }
    for (const Json& pair : one["UserIdGroupPairs"].array()) {
      const std::string group = pair["GroupId"].string();
      if (auto found = look(group, std::ranges::find(other.groups, group) != other.groups.end())) return found;
    }
    for (const Json& list : one["PrefixListIds"].array()) (void)look(list["PrefixListId"].string(), false);
  }
  if (rules > 3) what_there_is += " and " + std::to_string(rules - 3) + " more";
  return std::nullopt;
}

Answer<Reach::Step> Groups(Session& session, const End& end, const End& other, int port, bool out) {
  Json ask;
  Json ids(Json::Array{});
  for (const std::string& id : end.groups) ids.Append(id);
  ask.Set("GroupIds", std::move(ids));
  TRY_ASSIGN(const Json::Array groups, session.CallAll("ec2", "DescribeSecurityGroups", std::move(ask), "SecurityGroups", "NextToken", "NextToken"));
  std::string names, there;
  for (const Json& group : groups) {
    names += (names.empty() ? "" : ", ") + group["GroupName"].string();
    if (const auto rule = Matching(group[out ? "IpPermissionsEgress" : "IpPermissions"].array(), other, port, there))
      return Reach::Step{true, group["GroupName"].string() + (out ? " out: " : " in: ") + *rule};
  }
  return Reach::Step{false, names + (out ? " out" : " in") + ": no rule for tcp " + std::to_string(port) + (out ? " to " : " from ") + (other.address ? other.address->ToString() : "the internet") + (there.empty() ? ", it has none" : "; it has " + there)};
}

Answer<Reach::Step> Acl(Session& session, const End& end, const End& other, int port, bool out) {
  Json filter;
  filter.Set("Name", "association.subnet-id");
  filter.Set("Values", Json::Array{end.subnet()});
  Json ask;
  ask.Set("Filters", Json::Array{filter});
  TRY_ASSIGN(const Json answer, session.Call("ec2", "DescribeNetworkAcls", std::move(ask)));
  const auto& acls = answer["NetworkAcls"].array();
  if (acls.empty()) return Reach::Step{false, "no network ACL is shown for " + end.subnet()};
  Json::Array entries = acls[0]["Entries"].array();
  std::ranges::sort(entries, {}, [](const Json& one) { return one["RuleNumber"].integer(); });
  const std::string name = acls[0]["NetworkAclId"].string() + (out ? " out " : " in ");
  for (const Json& entry : entries) {
    if (entry["Egress"].boolean() != out) continue;
    const std::string protocol = entry["Protocol"].string();
    const Json& range = entry["PortRange"];
    if (protocol != "-1" && (protocol != "6" || port < range["From"].integer() || port > range["To"].integer())) continue;
    const auto cidr = Cidr::Parse(entry["CidrBlock"].string());
    if (!cidr || !(other.address ? cidr->Contains(*other.address) : cidr->prefix == 0)) continue;
    const bool allows = entry["RuleAction"].string() == "allow";
    return Reach::Step{allows, name + std::to_string(entry["RuleNumber"].integer()) + ": " + entry["RuleAction"].string()};
  }
  return Reach::Step{false, name + ": no entry"};
}

// The route of a subnet's table to somewhere outside of the VPC: the most specific that contains it.
Answer<Reach::Step> RouteOut(Session& session, const End& end, const End& other) {
  TRY_ASSIGN(const Json::Array tables, session.CallAll("ec2", "DescribeRouteTables", Json(Json::Object{}), "RouteTables", "NextToken", "NextToken"));
  const Json *own = nullptr, *main = nullptr;
  for (const Json& table : tables) {
    if (table["VpcId"].string() != end.vpc()) continue;
    for (const Json& association : table["Associations"].array()) {
      if (association["SubnetId"].string() == end.subnet()) own = &table;
      if (association["Main"].boolean()) main = &table;
    }
  }
  if (own == nullptr) own = main;
  if (own == nullptr) return Reach::Step{false, "route: " + end.subnet() + " has no route table"};
  const Json* best = nullptr;
  int prefix = -1;
  for (const Json& route : (*own)["Routes"].array()) {
    const auto cidr = Cidr::Parse(route["DestinationCidrBlock"].string());
    if (!cidr || !(other.address ? cidr->Contains(*other.address) : cidr->prefix == 0) || cidr->prefix <= prefix) continue;
    best = &route;
    prefix = cidr->prefix;
  }
  const std::string name = "route of " + (*own)["RouteTableId"].string() + ": ";
  if (best == nullptr) return Reach::Step{false, name + "none to " + (other.address ? other.address->ToString() : "the internet")};
  const std::string gateway = (*best)["GatewayId"].string().empty() ? (*best)["NatGatewayId"].string() : (*best)["GatewayId"].string();
  const std::string state = (*best)["State"].string();
  return Reach::Step{state == "active" && !gateway.empty(), name + (*best)["DestinationCidrBlock"].string() + " " + gateway + " " + state};
}

// Into or out of the VPC: through a gateway, by the public address of the end inside where that is an internet gateway.
void AddOutside(Reach& out, const Reach::Step& route, const End& inside) {
  out.steps.push_back(route);
  const bool has = !inside.public_address().empty();
  if (!route.text.contains(" nat-")) out.steps.push_back({has, has ? "public address " + inside.public_address() : inside.shown + " has no public address"});
}

}  // namespace

Answer<Reach> ExplainReach(Session& session, const std::string& from, const std::string& to, int port) {
  TRY_ASSIGN(const Json::Array interfaces, session.CallAll("ec2", "DescribeNetworkInterfaces", Json(Json::Object{}), "NetworkInterfaces", "NextToken", "NextToken"));
  TRY_ASSIGN(const End source, Resolve(session, from, interfaces));
  TRY_ASSIGN(const End target, Resolve(session, to, interfaces));
  Reach out{.from = source.shown, .to = target.shown};
  if (source.outside() && target.outside()) return Usage("neither " + from + " nor " + to + " is in a VPC", "one end is task, db, alb or an address in it");
  if (!source.outside() && !target.outside() && source.vpc() != target.vpc()) {
    out.steps.push_back({false, "they are in different VPCs, " + source.vpc() + " and " + target.vpc() + ", and no route joins them"});
    out.fix = "put both into one VPC";
    return out;
  }
  const bool other_subnet = source.outside() || target.outside() || source.subnet() != target.subnet();
  if (!source.outside()) {
    TRY_ASSIGN(Reach::Step step, Groups(session, source, target, port, true));
    out.steps.push_back(std::move(step));
    if (other_subnet) {
      TRY_ASSIGN(Reach::Step acl, Acl(session, source, target, port, true));
      out.steps.push_back(std::move(acl));
    }
  }
  if (source.outside() || target.outside()) {
    const End& inside = source.outside() ? target : source;
    TRY_ASSIGN(const Reach::Step route, RouteOut(session, inside, source.outside() ? source : target));
    AddOutside(out, route, inside);
  } else {
    out.steps.push_back({true, "route: local, within " + source.vpc()});
  }
  if (!target.outside()) {
    if (other_subnet) {
      TRY_ASSIGN(Reach::Step acl, Acl(session, target, source, port, false));
      out.steps.push_back(std::move(acl));
    }
    TRY_ASSIGN(Reach::Step step, Groups(session, target, source, port, false));
    out.steps.push_back(std::move(step));
  }
  out.reachable = std::ranges::all_of(out.steps, [](const auto& step) { return step.allows; });
  if (!out.reachable) {
    const auto first = std::ranges::find_if(out.steps, [](const auto& step) { return !step.allows; });
    out.fix = first->text.contains(" in: no rule") || first->text.contains(" out: no rule") ? "add a rule for tcp " + std::to_string(port) + " to that security group, in the stack's Terraform" : "change that in the stack's Terraform";
  }
  return out;
}

}  // namespace terrarium::cli
