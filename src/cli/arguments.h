#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/problem.h"

namespace terrarium::cli {

struct FlagSpec {
  std::string_view name;   // without the dashes
  std::string_view value;  // what it takes ("DURATION"); empty for a switch
  std::string_view help;
  char letter = 0;
};

// The words after the program's name, sorted into a command's flags and its other words.
class Arguments {
 public:
  // `specs`: the command's flags, the global ones among them. A flag that is not there is a usage problem with the nearest name.
  static Answer<Arguments> Parse(std::span<const std::string> words, std::span<const FlagSpec> specs);

  bool Has(std::string_view flag) const { return flags_.contains(std::string(flag)); }
  std::string Value(std::string_view flag, std::string_view otherwise = {}) const;  // the last one given
  // "15m", "90s", "2h", "1d", "500ms"
  Answer<Millis> Duration(std::string_view flag, Millis otherwise) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::string> flags_;
  std::vector<std::string> words_;
};

std::optional<Millis> ParseDuration(std::string_view text);
// The candidate nearest to `word`, if one is near enough to be what was meant.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace terrarium::cli
