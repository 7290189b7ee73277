// terrariumd: the AWS API, the state and the decisions. No privilege: what is to happen on the machine it asks of terrarium-host.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "base/file.h"
#include "base/log.h"
#include "daemon/engine.h"
#include "daemon/options.h"

int main(int argc, char** argv) {
  using namespace terrarium;
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_DUMPABLE, 0);  // keys pass through here: no core dump, no ptrace by others
  ::umask(0077);
  const auto options = daemon::ParseOptions(argc, argv);
  if (!options) {
    std::fprintf(stderr, "terrariumd: %s\n", options.error().message.c_str());
    return 2;
  }
  if (::geteuid() == 0) {
    std::fprintf(stderr, "terrariumd: must not run as root; it needs no privilege\n");
    return 2;
  }
  const Status ran = daemon::RunEngine(*options);
  if (!ran) {
    LogError("terrariumd", ran.error().message + (ran.error().cause.empty() ? "" : ": " + ran.error().cause));
    return 1;
  }
  return 0;
}
