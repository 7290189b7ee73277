#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrarium::iam {

// One condition key of a request. Keys are lower case ("aws:sourceip"); whether a key is a list is a property of the key, not of
// how many values it has ("ArrayOf…" in the service reference).
struct Fact {
  std::string_view key{};
  std::string_view value{};
  std::span<const std::string_view> list{};
  bool is_list = false;
};
using Facts = std::span<const Fact>;

const Fact* FindFact(Facts facts, std::string_view lower_key);

// A compiled glob. `*` crosses every character, `?` is one UTF-16 unit; there are no brackets and no escapes.
// In the compiled text the wildcards are kStar and kOne, which no policy can contain, so that a literal `*` can stand beside them.
class Pattern {
 public:
  static constexpr char kStar = '\x01';
  static constexpr char kOne = '\x02';

  Pattern() = default;
  // `compiled` holds kStar and kOne where wildcards are meant.
  explicit Pattern(std::string compiled);
  static Pattern Glob(std::string_view text);

  bool Matches(std::string_view subject) const;
  const std::string& text() const { return text_; }
  // The characters before the first wildcard.
  std::string_view prefix() const { return std::string_view(text_).substr(0, prefix_); }
  bool exact() const { return exact_; }

 private:
  std::string text_;
  std::size_t prefix_ = 0;
  bool exact_ = true;
  bool units_ = false;  // holds kOne: characters outside ASCII must be counted in UTF-16 units
};

// What a policy string may do besides standing for itself.
struct TextRules {
  bool wildcards = false;
  bool variables = false;  // `${key}`, `${key, 'default'}` and the escapes `${*}` `${?}` `${$}`; only under Version 2012-10-17
};

// A string of a policy, compiled once: a pattern, or a template whose variables are filled in from each request.
class PolicyText {
 public:
  PolicyText() = default;
  PolicyText(std::string_view text, TextRules rules);

  // False also where a variable has neither a value in the request nor a default.
  bool Matches(std::string_view subject, Facts facts) const;
  // The text with its variables filled in, wildcards still compiled; nothing where one cannot be.
  std::optional<std::string> Resolve(Facts facts) const;
  bool has_variables() const { return !parts_.empty(); }
  const Pattern& pattern() const { return pattern_; }

 private:
  struct Part {
    std::string literal;   // comes first, wildcards compiled
    std::string variable;  // lower case; empty in the last part
    std::optional<std::string> fallback;
  };
  Pattern pattern_;  // used where there is no variable
  std::vector<Part> parts_;
};

}  // namespace terrarium::iam
