#include "cli/arguments.h"

#include <algorithm>

#include "base/text.h"

namespace terrarium::cli {

std::optional<Millis> ParseDuration(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t millis;
  };
  for (const Unit unit : {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}, Unit{"d", 86'400'000}}) {
    if (!text.ends_with(unit.suffix)) continue;
    const auto number = ParseInt(text.substr(0, text.size() - unit.suffix.size()));
    if (!number || *number < 0 || *number > 10'000'000) continue;
    return Millis(*number * unit.millis);
  }
  return std::nullopt;
}

std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t corner = row[0]++;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t changed = corner + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        corner = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
      }
    }
    if (row.back() < least) {
      least = row.back();
      best = candidate;
    }
  }
  return best;
}

Answer<Arguments> Arguments::Parse(std::span<const std::string> words, std::span<const FlagSpec> specs) {
  Arguments out;
  bool only_words = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_words || !word.starts_with('-') || word == "-") {
      out.words_.push_back(word);
      continue;
    }
    if (word == "--") {
      only_words = true;
      continue;
    }
    const bool is_long = word.starts_with("--");
    const auto equals = is_long ? word.find('=') : word.npos;
    const std::string name = word.substr(is_long ? 2 : 1, equals == word.npos ? word.npos : equals - 2);
    const auto spec = std::ranges::find_if(specs, [&](const FlagSpec& one) { return is_long ? one.name == name : name.size() == 1 && one.letter == name[0]; });
    if (spec == specs.end()) {
      std::vector<std::string_view> names;
      for (const auto& one : specs) names.push_back(one.name);
      const std::string_view nearest = is_long ? Nearest(name, names) : std::string_view();
      return Usage("there is no flag " + word, nearest.empty() ? "--help lists the flags" : "did you mean --" + std::string(nearest) + "?");
    }
    if (spec->value.empty()) {
      if (equals != word.npos) return Usage("--" + std::string(spec->name) + " takes no value", "leave the value out");
      out.flags_[std::string(spec->name)] = "yes";
      continue;
    }
    if (equals != word.npos) {
      out.flags_[std::string(spec->name)] = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      out.flags_[std::string(spec->name)] = words[++i];
    } else {
      return Usage("--" + std::string(spec->name) + " needs a value", "--" + std::string(spec->name) + " " + std::string(spec->value));
    }
  }
  return out;
}

std::string Arguments::Value(std::string_view flag, std::string_view otherwise) const {
  const auto it = flags_.find(std::string(flag));
  return it == flags_.end() ? std::string(otherwise) : it->second;
}

Answer<Millis> Arguments::Duration(std::string_view flag, Millis otherwise) const {
  if (!Has(flag)) return otherwise;
  if (const auto parsed = ParseDuration(Value(flag))) return *parsed;
  return Usage("--" + std::string(flag) + " " + Value(flag) + " is not a time", "a number with ms, s, m, h or d, for example 15m");
}

}  // namespace terrarium::cli
