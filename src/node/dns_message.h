#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrarium::node {

// One question of a DNS query (RFC 1035). The name is lower case, without the last dot.
struct DnsQuestion {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t question_class = 0;
  std::string_view raw_question;  // as sent: name, type, class
};

inline constexpr std::uint16_t kDnsA = 1;
inline constexpr std::uint16_t kDnsAaaa = 28;

enum class DnsCode : std::uint8_t { kNoError = 0, kFormatError = 1, kServerFailure = 2, kNoSuchName = 3, kNotImplemented = 4, kRefused = 5 };

// Nothing if it is not a query with exactly one question. `message` outlives the question.
std::optional<DnsQuestion> ParseDnsQuestion(std::string_view message);

// An answer with these IPv4 addresses (network byte order), or with none. At most as many as fit into 512 bytes.
std::string MakeDnsAnswer(const DnsQuestion& question, DnsCode code, const std::vector<std::uint32_t>& addresses, std::uint32_t ttl);

}  // namespace terrarium::node
