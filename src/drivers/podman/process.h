#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace terrarium::podman {

struct ProcessResult {
  int exit_code = 0;         // 128 + n for a death by signal n
  bool timed_out = false;    // and killed; its output is lost
  std::string output;        // standard output
  std::string error_output;  // standard error
};

// runtime::RunProgram with a timeout as an answer. Descendants in a session of their own (a container's monitor) live on.
Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, std::string_view input, Millis timeout,
                                 std::string network_namespace = {});

}  // namespace terrarium::podman
