#include "iam/pattern.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace terrarium::iam {
namespace {

// Iterative, with one point to go back to: linear for the patterns people write, never exponential.
template <class Char>
bool GlobMatches(std::basic_string_view<Char> pattern, std::basic_string_view<Char> subject) {
  std::size_t p = 0, s = 0, star = pattern.npos, back = 0;
  while (s < subject.size()) {
    if (p < pattern.size() && pattern[p] == Pattern::kStar) {
      star = p++;
      back = s;
    } else if (p < pattern.size() && (pattern[p] == Pattern::kOne || pattern[p] == subject[s])) {
      ++p;
      ++s;
    } else if (star != pattern.npos) {
      p = star + 1;
      s = ++back;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == Pattern::kStar) ++p;
  return p == pattern.size();
}

bool IsAscii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Bytes that are not UTF-8 stand for themselves.
std::u16string ToUnits(std::string_view s) {
  std::u16string out;
  const bool valid = IsValidUtf8(s);
  for (std::size_t i = 0; i < s.size();) {
    const auto byte = static_cast<unsigned char>(s[i]);
    const std::size_t length = !valid || byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? byte : byte & (0xFF >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) point = point << 6 | (static_cast<unsigned char>(s[i + k]) & 0x3F);
    if (point < 0x10000) {
      out += static_cast<char16_t>(point);
    } else {
      out += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
    i += length;
  }
  return out;
}

std::string CompileWildcards(std::string_view text, bool wildcards) {
  std::string out(text);
  if (!wildcards) return out;
  for (char& c : out) {
    if (c == '*') c = Pattern::kStar;
    if (c == '?') c = Pattern::kOne;
  }
  return out;
}

// A value that holds our wildcard bytes would match what its policy never named.
bool IsPlain(std::string_view value) { return value.find_first_of("\x01\x02") == value.npos; }

}  // namespace

const Fact* FindFact(Facts facts, std::string_view lower_key) {
  for (const Fact& fact : facts)
    if (fact.key == lower_key) return &fact;
  return nullptr;
}

Pattern::Pattern(std::string compiled) : text_(std::move(compiled)) {
  const std::size_t wild = text_.find_first_of("\x01\x02");
  exact_ = wild == text_.npos;
  prefix_ = exact_ ? text_.size() : wild;
  units_ = text_.find(kOne) != text_.npos;
}

Pattern Pattern::Glob(std::string_view text) { return Pattern(CompileWildcards(text, true)); }

bool Pattern::Matches(std::string_view subject) const {
  if (exact_) return subject == text_;
  if (subject.size() < prefix_ || std::memcmp(subject.data(), text_.data(), prefix_) != 0) return false;
  if (prefix_ + 1 == text_.size() && text_[prefix_] == kStar) return true;
  if (units_ && !IsAscii(subject)) {
    const std::u16string pattern = ToUnits(text_), units = ToUnits(subject);
    return GlobMatches<char16_t>(pattern, units);
  }
  return GlobMatches<char>(std::string_view(text_).substr(prefix_), subject.substr(prefix_));
}

PolicyText::PolicyText(std::string_view text, TextRules rules) {
  std::string literal;
  while (rules.variables) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    literal += CompileWildcards(text.substr(0, open), rules.wildcards);
    std::string_view inside = text.substr(open + 2, close - open - 2);
    text.remove_prefix(close + 1);
    if (inside == "*" || inside == "?" || inside == "$") {
      literal += inside;
      continue;
    }
    Part part{.literal = std::move(literal), .variable = {}, .fallback = {}};
    literal.clear();
    const std::size_t comma = inside.find(',');
    if (comma != inside.npos) {
      std::string_view fallback = Trim(inside.substr(comma + 1));
      if (fallback.size() >= 2 && fallback.front() == '\'' && fallback.back() == '\'') fallback = fallback.substr(1, fallback.size() - 2);
      part.fallback = std::string(fallback);
    }
    part.variable = ToLower(Trim(inside.substr(0, comma)));
    if (part.variable.empty()) part.variable = "?";  // no key has this name
    parts_.push_back(std::move(part));
  }
  literal += CompileWildcards(text, rules.wildcards);
  if (parts_.empty()) {
    pattern_ = Pattern(std::move(literal));
  } else {
    parts_.push_back(Part{.literal = std::move(literal), .variable = {}, .fallback = {}});
  }
}

std::optional<std::string> PolicyText::Resolve(Facts facts) const {
  if (parts_.empty()) return pattern_.text();
  std::string out;
  for (const Part& part : parts_) {
    out += part.literal;
    if (part.variable.empty()) break;
    const Fact* fact = FindFact(facts, part.variable);
    if (fact != nullptr && !fact->is_list && IsPlain(fact->value)) {
      out += fact->value;
    } else if (fact == nullptr && part.fallback) {
      out += *part.fallback;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool PolicyText::Matches(std::string_view subject, Facts facts) const {
  if (parts_.empty()) return pattern_.Matches(subject);
  std::optional<std::string> text = Resolve(facts);
  return text && Pattern(*std::move(text)).Matches(subject);
}

}  // namespace terrarium::iam
