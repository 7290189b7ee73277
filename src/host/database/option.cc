#include "host/database/option.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::database {

Result<OptionName> OptionName::From(std::string_view text) {
  const bool ok = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!ok || (text[0] >= '0' && text[0] <= '9')) return Fail(ErrorKind::kInvalid, "'" + Printable(text) + "' is not the name of a parameter");
  return OptionName(std::string(text));
}

Result<OptionValue> OptionValue::From(std::string_view text) {
  if (text.size() > kMaxLength) return Fail(ErrorKind::kInvalid, "the value of a parameter is longer than " + std::to_string(kMaxLength) + " bytes");
  const bool ok = std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (!ok || !IsValidUtf8(text)) return Fail(ErrorKind::kInvalid, "the value of a parameter may hold printable characters only");
  return OptionValue(std::string(text));
}

std::string OptionValue::Escaped() const {
  std::string out = "\"";
  for (const char c : text_) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

}  // namespace terrarium::database
