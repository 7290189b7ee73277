// terrarium-host: the only privileged process. It serves the verbs of the ports on one unix socket to one user, and keeps no state:
// every verb looks at the host. Killing it stops nothing; a new one finds everything again.
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "daemon/drivers.h"
#include "daemon/options.h"
#include "host/verb_socket.h"
#include "runtime/unix_socket.h"

namespace terrarium::daemon {
namespace {

constexpr int kMostConnections = 64;

Status Serve(const Options& options) {
  if (::geteuid() != 0) return Fail(ErrorKind::kDenied, "terrarium-host must run as root");
  const passwd* user = ::getpwnam(options.user.c_str());
  if (user == nullptr) return Fail(ErrorKind::kNotFound, "there is no user " + options.user);
  const uid_t allowed = user->pw_uid;
  const gid_t group = user->pw_gid;
  TRY(MakeDirectories("/run/terrarium", 0755));
  TRY(MakeDirectory(options.run_dir, 0755));

  Drivers drivers;
  TRY(drivers.Open(options));
  if (options.remove_all) return drivers.RemoveAll();
  if (options.stop_all) return drivers.StopAll();
  host::VerbTable table;
  drivers.ServeAll(table);

  TRY_ASSIGN(const UniqueFd listener, runtime::ListenUnix(options.HostSocket(), 0660));
  if (::chown(options.HostSocket().c_str(), 0, group) != 0) return SystemFail(options.HostSocket(), errno);
  TRY(WriteFileAtomically(options.run_dir + "/host.pid", std::to_string(::getpid()) + "\n", 0644));
  LogInfo("host", "serving " + options.HostSocket());

  static std::atomic<int> connections{0};
  for (;;) {
    // The listener does not block: without this wait the loop would spin.
    pollfd waiting{listener.get(), POLLIN, 0};
    if (::poll(&waiting, 1, -1) < 0 && errno != EINTR) return SystemFail("poll", errno);
    auto connection = runtime::Accept(listener.get(), runtime::Blocks::kYes);
    if (!connection) return std::unexpected(connection.error());
    if (!*connection || connections.load() >= kMostConnections) continue;  // closes it: terrariumd has fewer threads than this
    ++connections;
    std::thread([fd = *std::move(connection), allowed, &table]() mutable {
      host::ServeVerbs(std::move(fd), allowed, table);
      --connections;
    }).detach();
  }
}

}  // namespace
}  // namespace terrarium::daemon

int main(int argc, char** argv) {
  using namespace terrarium;
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_DUMPABLE, 0);  // keys and passwords pass through here: no core dump, no ptrace by others
  ::umask(0077);
  const auto options = daemon::ParseOptions(argc, argv);
  if (!options) {
    std::fprintf(stderr, "terrarium-host: %s\n", options.error().message.c_str());
    return 2;
  }
  const Status served = daemon::Serve(*options);
  if (!served) LogError("host", served.error().message + (served.error().cause.empty() ? "" : ": " + served.error().cause));
  return served ? 0 : 1;
}
