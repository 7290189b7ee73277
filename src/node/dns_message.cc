#include "node/dns_message.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::node {
namespace {

constexpr std::size_t kHead = 12;
constexpr std::size_t kMostAnswer = 512;

std::uint16_t Read16(std::string_view s, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(s[at]) << 8 | static_cast<unsigned char>(s[at + 1]));
}
void Put16(std::string& out, unsigned v) {
  out += static_cast<char>(v >> 8);
  out += static_cast<char>(v);
}

}  // namespace

std::optional<DnsQuestion> ParseDnsQuestion(std::string_view message) {
  if (message.size() < kHead) return std::nullopt;
  const unsigned flags = Read16(message, 2);
  const bool is_query = (flags & 0x8000) == 0 && (flags & 0x7800) == 0;
  if (!is_query || Read16(message, 4) != 1) return std::nullopt;
  DnsQuestion q;
  q.id = Read16(message, 0);
  q.recursion_desired = (flags & 0x0100) != 0;
  std::size_t at = kHead;
  for (;;) {
    if (at >= message.size()) return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(message[at++]);
    if (length == 0) break;
    // Compression has no place in a question: a pointer here could only lead in circles.
    if (length > 63 || at + length > message.size() || q.name.size() + length > 253) return std::nullopt;
    if (!q.name.empty()) q.name += '.';
    q.name += ToLower(message.substr(at, length));
    at += length;
  }
  if (at + 4 > message.size()) return std::nullopt;
  q.type = Read16(message, at);
  q.question_class = Read16(message, at + 2);
  q.raw_question = message.substr(kHead, at + 4 - kHead);
  return q;
}

std::string MakeDnsAnswer(const DnsQuestion& q, DnsCode code, const std::vector<std::uint32_t>& addresses, std::uint32_t ttl) {
  const std::size_t room = (kMostAnswer - kHead - q.raw_question.size()) / 16;
  const std::size_t count = std::min(addresses.size(), room);
  std::string out;
  Put16(out, q.id);
  // Response, authoritative, recursion available as AWS's resolver says.
  Put16(out, 0x8480u | (q.recursion_desired ? 0x0100u : 0u) | static_cast<unsigned>(code));
  Put16(out, 1);
  Put16(out, static_cast<unsigned>(count));
  Put16(out, 0);
  Put16(out, 0);
  out += q.raw_question;
  for (std::size_t i = 0; i < count; ++i) {
    Put16(out, 0xC000u | kHead);  // the name: a pointer to the question's
    Put16(out, kDnsA);
    Put16(out, 1);
    Put16(out, ttl >> 16);
    Put16(out, ttl & 0xFFFF);
    Put16(out, 4);
    for (int k = 0; k < 4; ++k) out += static_cast<char>(addresses[i] >> (8 * k));
  }
  return out;
}

}  // namespace terrarium::node
