#include "provider/resource/name.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::provider {
namespace {

constexpr std::size_t kTimeDigits = 18, kSuffix = 26;

// 18 digits of time, to a tenth of a millisecond, and 8 hexadecimal digits that keep names of one instant apart.
std::string UniqueSuffix(const Call& call) {
  std::string digits;
  for (const char c : FormatIso8601(call.Now(), true))
    if (c >= '0' && c <= '9') digits += c;
  digits.resize(kTimeDigits, '0');
  return digits + RandomHex(call.random(), kSuffix - kTimeDigits);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string ChooseName(const Call& call, const Object& planned, std::string_view otherwise, std::string_view name,
                       std::string_view prefix) {
  if (const auto& text = At(planned, name).Text(); !text.empty()) return text;
  const auto& given = At(planned, prefix).Text();
  return (given.empty() ? std::string(otherwise) : given) + UniqueSuffix(call);
}

std::string PrefixOfName(std::string_view name) {
  if (name.size() <= kSuffix) return "";
  const auto suffix = name.substr(name.size() - kSuffix);
  if (!std::ranges::all_of(suffix.substr(0, kTimeDigits), IsDigit)) return "";
  if (!std::ranges::all_of(suffix.substr(kTimeDigits), IsHexDigit)) return "";
  return std::string(name.substr(0, name.size() - kSuffix));
}

}  // namespace terrarium::provider
