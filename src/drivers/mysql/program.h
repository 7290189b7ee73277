#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/child_process.h"

namespace terrarium::mysql {

// A program root with a database server, as scripts/program_root.py made and tested it.
struct Program {
  std::string version;  // 9.7.4
  std::string content;  // names the root by what is in it
  std::string root;
  std::vector<std::string> environment;
  std::vector<std::string> server, client, time_zones;  // argument prefixes

  // "9.7"
  std::string Series() const;
  // The server or one of its tools with these arguments, with the root's environment and nothing else.
  runtime::Command Run(const std::vector<std::string>& prefix, std::vector<std::string> arguments) const;
};

// All usable ones of <programs>/mysql, the current one first. None is not an error.
Result<std::vector<Program>> FindPrograms(const std::string& programs_dir);
// kUnsupported, with how to get it, if that version is not there.
Result<Program> FindProgram(const std::string& programs_dir, const std::string& version);

}  // namespace terrarium::mysql
