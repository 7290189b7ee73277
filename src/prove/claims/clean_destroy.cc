#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "prove/audit.h"
#include "prove/claims/claims.h"
#include "prove/waiting.h"
#include "runtime/child_process.h"

namespace terrarium::prove {

// `terrarium destroy`, and then the machine is asked, not the engine, what is left of it.
Result<Finding> ProveCleanDestroy(Context& context) {
  const StackOptions& options = context.stack.options();
  if (options.scripts.empty()) return Fail(ErrorKind::kConflict, "scripts/stack.py is in no folder above this program");
  const HostAudit audit(options.instance, options.run_dir, options.state_dir);
  TRY_ASSIGN(const auto before, audit.Look());
  if (before.empty()) return Fail(ErrorKind::kConflict, "nothing of this engine is on this machine before it is destroyed: the audit would prove nothing");
  context.progress("destroys the stack and its engine");
  runtime::Command command{.argv = {"/usr/bin/python3", options.scripts + "/stack.py", "destroy", "--instance", options.instance, "--state-dir", options.state_dir, "--run-dir", options.run_dir, "--port",
                                    std::to_string(options.port), "--build", options.build}};
  const Stopwatch watch;
  TRY_ASSIGN(const auto done, runtime::RunProgram(command, {}, {.timeout = Millis{300'000}}));
  const double seconds = watch.Seconds();
  TRY_ASSIGN(const auto left, audit.Look());
  Finding finding;
  finding.experiment = "destroy, then list namespaces, links, mounts, control groups, processes, sockets and folders of the host";
  finding.measured = std::to_string(before.size()) + " things before, " + std::to_string(left.size()) + " left; destroyed in " + std::to_string(static_cast<int>(seconds + 0.5)) + " s";
  finding.limit = "0 left";
  finding.evidence.assign(left.begin(), left.end());
  if (!done.exit.ok()) finding.evidence.push_back("destroy ended with " + std::to_string(done.exit.code) + ": " + done.err.substr(0, 400));
  finding.values = Object({{"before", static_cast<std::int64_t>(before.size())}, {"left", static_cast<std::int64_t>(left.size())}, {"seconds", seconds}, {"exit_code", done.exit.code}});
  finding.verdict = left.empty() && done.exit.ok() ? Verdict::kProved : Verdict::kRefuted;
  return finding;
}

}  // namespace terrarium::prove
