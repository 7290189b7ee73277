#include "drivers/podman/process.h"

#include <algorithm>

#include "runtime/child_process.h"

namespace terrarium::podman {

Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, std::string_view input, Millis timeout,
                                 std::string network_namespace) {
  runtime::Command command;
  command.argv = arguments;
  command.env = environment;
  command.network_namespace = std::move(network_namespace);
  auto ran = runtime::RunProgram(std::move(command), input, {timeout, 16u << 20});
  ProcessResult out;
  if (!ran && ran.error().kind == ErrorKind::kUnknown) {
    out.timed_out = true;
    out.exit_code = 137;
    return out;
  }
  if (!ran) return std::unexpected(ran.error());
  out.exit_code = ran->exit.code;
  out.output = std::move(ran->out);
  out.error_output = std::move(ran->err);
  return out;
}

}  // namespace terrarium::podman
