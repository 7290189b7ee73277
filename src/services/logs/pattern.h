#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace terrarium::logs {

// A filter pattern made of terms. Patterns of JSON members, of space-delimited fields and regular expressions are refused by name.
class Pattern {
 public:
  // InvalidParameterException: "Invalid filter pattern".
  static Result<Pattern> Parse(std::string_view text);
  // Case-sensitive; a term is found anywhere. Optional terms count only where there is no other.
  bool Matches(std::string_view message) const;

 private:
  std::vector<std::string> required_, excluded_, optional_;
};

}  // namespace terrarium::logs
