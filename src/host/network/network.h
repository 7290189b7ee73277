#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/unique_fd.h"

// The network port: what the machine is asked to be, in types that cannot carry a foreign string into a renderer.
// Every call blocks, is idempotent and may be made from several threads.
namespace terrarium::host {

// "<kind>-<8 to 17 lower-case hex digits>", the form of every id that the EC2 API mints.
bool IsResourceId(std::string_view kind, std::string_view text);

template <class Kind>
class ResourceId {
 public:
  ResourceId() = default;
  static Result<ResourceId> Parse(std::string_view text) {
    if (!IsResourceId(Kind::kPrefix, text))
      return Fail(ErrorKind::kInvalid, "not an id of kind " + std::string(Kind::kPrefix));
    ResourceId out;
    out.text_ = text;
    return out;
  }
  const std::string& str() const { return text_; }
  // The hexadecimal part alone.
  std::string_view hex() const { return std::string_view(text_).substr(text_.find('-') + 1); }
  auto operator<=>(const ResourceId&) const = default;

 private:
  std::string text_;
};
struct VpcKind { static constexpr std::string_view kPrefix = "vpc"; };
struct GroupKind { static constexpr std::string_view kPrefix = "sg"; };
struct RuleKind { static constexpr std::string_view kPrefix = "sgr"; };
struct EniKind { static constexpr std::string_view kPrefix = "eni"; };
using VpcId = ResourceId<VpcKind>;
using GroupId = ResourceId<GroupKind>;
using RuleId = ResourceId<RuleKind>;
using EniId = ResourceId<EniKind>;

inline constexpr int kAllProtocols = -1, kIcmp = 1, kTcp = 6, kUdp = 17;

// One rule of a security group, as the API counts them: one peer each.
struct RuleSpec {
  RuleId id{};
  int protocol = kAllProtocols;         // IP protocol number or kAllProtocols
  int from = -1, to = -1;               // ports for TCP and UDP; type and code for ICMP, -1 = any; unused otherwise
  std::variant<Cidr, GroupId> peer{};     // who may send (ingress) or receive (egress)
  bool operator==(const RuleSpec&) const = default;
};

struct GroupSpec {
  GroupId id{};
  std::vector<RuleSpec> ingress{}, egress{};
};

enum class RouteTarget : unsigned char { kInternet, kBlackhole };

struct RouteSpec {
  Cidr destination{};
  RouteTarget target = RouteTarget::kInternet;
  auto operator<=>(const RouteSpec&) const = default;
};

struct SubnetSpec {
  Cidr cidr{};
  std::vector<RouteSpec> routes{};  // of the subnet's route table, without "local"
};

// A whole VPC without its interfaces: what is not named here is taken away.
struct VpcSpec {
  VpcId id{};
  Cidr cidr{};
  bool internet = false;  // an internet gateway is attached
  std::vector<SubnetSpec> subnets{};
  std::vector<GroupSpec> groups{};
};

struct EniSpec {
  EniId id{};
  VpcId vpc{};
  Cidr subnet{};
  Ipv4 address{};
  Mac mac{};
  std::vector<GroupId> groups{};
  std::optional<Ipv4> public_address{};  // mapped one to one by the internet gateway
  bool task_endpoints = false;         // may reach 169.254.170.2 (an ECS task's interface)
};

struct EniPlace {
  std::string netns{};  // path that a container runtime can join
  std::string interface{};
};

struct NetworkListing {
  struct Eni {
    std::string id{};
    std::string vpc{};  // empty if no VPC has a link for it any more
    auto operator<=>(const Eni&) const = default;
  };
  std::vector<std::string> vpcs{};
  std::vector<Eni> enis{};
};

// Addresses that the network itself owns.
inline constexpr Ipv4 kResolverAddress{0xA9FEA9FD};  // 169.254.169.253, beside the VPC's base + 2
inline constexpr Ipv4 kTaskAddress{0xA9FEAA02};      // 169.254.170.2: task credentials and metadata
inline constexpr Ipv4 kDoorAddress{0xC6120001};      // 198.18.0.1: where the doors' connections come from, in the fabric
inline constexpr Ipv4 kApiAddress{0xC6120002};       // 198.18.0.2: the AWS API as seen from the fabric

struct InternetPlace { bool operator==(const InternetPlace&) const = default; };
struct SocketSpec {
  std::variant<InternetPlace, VpcId, EniId> place{};
  bool datagram = false;
  // With `connect`, the socket is non-blocking, bound to `address` if that is set, and its connection under way. Without, it is bound and,
  // for a stream, listening; `port` 0 lets the kernel choose.
  std::optional<Ipv4> address{};
  std::uint16_t port = 0;
  struct Peer {
    Ipv4 address{};
    std::uint16_t port = 0;
  };
  std::optional<Peer> connect{};
};

struct PathQuery {
  VpcId vpc{};
  Ipv4 from{}, to{};  // private addresses of interfaces, or any other address for the internet
  int protocol = kTcp;
  int port = 0;  // ICMP: the type
};
struct PathStep {
  std::string stage{};    // "source", "egress", "route", "ingress"
  std::string subject{};  // the interface, group or destination that it is about
  std::string rule{};     // the rule that decides, as "sgr-… tcp 80 10.0.0.0/16"; empty where none matches
  bool allows = false;
  std::uint64_t packets = 0;  // first packets of connections that this rule let pass, since it was last changed
};
struct PathVerdict {
  bool allowed = false;
  std::vector<PathStep> steps{};  // in the order of the packet's way; the last one decides
};

class Network {
 public:
  virtual ~Network() = default;
  virtual Status EnsureVpc(const VpcSpec& spec) = 0;
  // kConflict while interfaces are left.
  virtual Status RemoveVpc(const VpcId& vpc) = 0;
  // kNotFound: VPC, subnet or group is not there (yet). kConflict: another interface has the address.
  virtual Result<EniPlace> EnsureEni(const EniSpec& spec) = 0;
  virtual Status RemoveEni(const VpcId& vpc, const EniId& eni) = 0;
  virtual Result<NetworkListing> List() = 0;
  virtual Result<PathVerdict> Explain(const PathQuery& query) = 0;
  virtual Result<UniqueFd> OpenSocket(const SocketSpec& spec) = 0;
  // Everything that carries this instance's id.
  virtual Status RemoveAll() = 0;
};

// What both the driver and the fake refuse before they act.
Status CheckSpec(const VpcSpec& spec);
Status CheckSpec(const EniSpec& spec);

// "sgr-0123456789abcdef0 tcp 80-81 10.0.0.0/16": a rule as one line, and back. The driver keeps it as the comment of the rule in the kernel.
std::string RuleLine(const RuleSpec& rule);
std::optional<RuleSpec> ParseRuleLine(std::string_view line);
// Ports and protocol only; the peer is the caller's to look up.
bool RuleCovers(const RuleSpec& rule, int protocol, int port);

}  // namespace terrarium::host
