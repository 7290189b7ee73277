#include "services/iam/names.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/text.h"

namespace terrarium::iam {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool IsWord(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

std::string NewUniqueId(Random& random, std::string_view prefix) { return std::string(prefix) + RandomFrom(random, kBase32, 17); }

std::string NewSecretKey(Random& random) { return RandomFrom(random, kBase64, 40); }

std::string NewAccessKeyId(Random& random, std::string_view prefix, std::string_view account) {
  const auto number = ParseInt(account);
  TERRARIUM_CHECK(number.has_value() && account.size() == 12);
  // 80 bits: one set, 40 of the account, 39 of chance.
  std::uint64_t chance = random.Next();
  const std::uint64_t high = std::uint64_t{1} << 47 | static_cast<std::uint64_t>(*number) << 7 | (chance & 0x7F);
  chance >>= 7;
  std::string bits;
  for (int i = 47; i >= 0; --i) bits += (high >> i) & 1 ? '1' : '0';
  for (int i = 31; i >= 0; --i) bits += (chance >> i) & 1 ? '1' : '0';
  std::string out(prefix);
  for (std::size_t i = 0; i < bits.size(); i += 5) {
    int value = 0;
    for (std::size_t k = 0; k < 5; ++k) value = value << 1 | (bits[i + k] - '0');
    out += kBase32[static_cast<std::size_t>(value)];
  }
  return out;
}

std::optional<std::string> AccountOfAccessKey(std::string_view id) {
  if (id.size() != 20) return std::nullopt;
  std::uint64_t first = 0;  // 50 bits, of which the first 48 count
  for (std::size_t i = 4; i < 14; ++i) {
    const std::size_t value = kBase32.find(id[i]);
    if (value == kBase32.npos) return std::nullopt;
    first = first << 5 | value;
  }
  const std::uint64_t account = ((first >> 2) & 0x7FFFFFFFFF80) >> 7;
  std::string out = std::to_string(account);
  if (out.size() > 12) return std::nullopt;
  return std::string(12 - out.size(), '0') + out;
}

std::optional<Arn> Arn::Parse(std::string_view text) {
  const auto part = Split(text, ':');
  if (part.size() < 6 || part[0] != "arn" || part[1] != "aws" || part[2].empty()) return std::nullopt;
  const std::size_t resource = part[0].size() + part[1].size() + part[2].size() + part[3].size() + part[4].size() + 5;
  return Arn{part[2], part[3], part[4], text.substr(resource)};
}

std::string EntityArn(std::string_view account, std::string_view type, std::string_view path, std::string_view name) {
  return "arn:aws:iam::" + std::string(account) + ":" + std::string(type) + std::string(path.empty() ? "/" : path) + std::string(name);
}

std::string SessionArn(std::string_view account, std::string_view role_name, std::string_view session_name) {
  return "arn:aws:sts::" + std::string(account) + ":assumed-role/" + std::string(role_name) + "/" + std::string(session_name);
}

std::unexpected<Error> PatternError(std::string_view value, std::string_view member, std::string_view pattern) {
  return ApiError("ValidationError", "1 validation error detected: Value '" + std::string(value) + "' at '" + std::string(member) +
                                         "' failed to satisfy constraint: Member must satisfy regular expression pattern: " + std::string(pattern));
}

Status CheckName(std::string_view value, std::string_view member) {
  const auto legal = [](char c) { return IsWord(c) || std::string_view("+=,.@-").find(c) != std::string_view::npos; };
  if (value.empty() || !std::all_of(value.begin(), value.end(), legal)) return PatternError(value, member, "[\\w+=,.@-]+");
  return {};
}

Status CheckPath(std::string_view value) {
  const bool legal = value.empty() || value == "/" ||
                     (value.size() > 2 && value.front() == '/' && value.back() == '/' &&
                      std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; }));
  if (legal && value.find("//") == value.npos) return {};
  return ApiError("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.");
}

}  // namespace terrarium::iam
