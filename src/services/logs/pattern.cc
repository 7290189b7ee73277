#include "services/logs/pattern.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::logs {
namespace {

std::unexpected<Error> Invalid() { return ApiError("InvalidParameterException", "Invalid filter pattern"); }
bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

}  // namespace

Result<Pattern> Pattern::Parse(std::string_view text) {
  Pattern out;
  if (text.size() > 1024) return Invalid();
  text = Trim(text);
  if (text.empty()) return out;
  if (text.front() == '{' || text.front() == '[') {
    return std::unexpected(Error{ErrorKind::kUnsupported, "InvalidParameterException", "Terrarium matches terms; JSON and space-delimited filter patterns are not served", {}});
  }
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    std::vector<std::string>* into = &out.required_;
    if (text[at] == '-') into = &out.excluded_;
    if (text[at] == '?') into = &out.optional_;
    if (into != &out.required_) ++at;
    std::string term;
    if (at < text.size() && text[at] == '"') {
      bool closed = false;
      for (++at; at < text.size() && !closed; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) term += text[++at];
        else if (text[at] == '"') closed = true;
        else term += text[at];
      }
      if (!closed) return Invalid();
    } else if (at < text.size() && text[at] == '%') {
      return std::unexpected(Error{ErrorKind::kUnsupported, "InvalidParameterException", "Terrarium matches terms; regular expressions in filter patterns are not served", {}});
    } else {
      for (; at < text.size() && IsWord(text[at]); ++at) term += text[at];
    }
    if (term.empty() || (at < text.size() && text[at] != ' ')) return Invalid();
    into->push_back(std::move(term));
  }
  return out;
}

bool Pattern::Matches(std::string_view message) const {
  const auto has = [&](const std::string& term) { return message.find(term) != std::string_view::npos; };
  if (required_.empty() && excluded_.empty()) return optional_.empty() || std::any_of(optional_.begin(), optional_.end(), has);
  return std::all_of(required_.begin(), required_.end(), has) && std::none_of(excluded_.begin(), excluded_.end(), has);
}

}  // namespace terrarium::logs
