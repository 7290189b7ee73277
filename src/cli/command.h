#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/session.h"

namespace terrarium::cli {

// One command: what the parser, the help and the reference are made from.
struct CommandSpec {
  std::string_view name;
  std::string_view summary;                // one sentence
  std::string_view usage;                  // what follows the name: "[FROM TO PORT]"
  std::vector<std::string_view> examples;  // without "terrarium "
  std::vector<FlagSpec> flags{};
  std::size_t most_words = 0;
  std::vector<std::string_view> codes{};   // "3  not all as asked": beside 0, 1, 2 and 5, which all have
  Outcome (*run)(Session&) = nullptr;
  bool script = false;                     // done by scripts/stack.py, with the words as they are
};

// In the order in which help shows them.
const std::vector<CommandSpec>& Commands();
std::span<const FlagSpec> GlobalFlags();
std::string HelpOf(const CommandSpec& command);
std::string HelpOfAll();

// The whole program: `words` without the program's name.
int Run(World& world, std::span<const std::string> words);

}  // namespace terrarium::cli
