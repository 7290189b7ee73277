// terrarium-node: what the site needs while terrariumd and terrarium-host are away. No privilege, no database: it lives in the namespace of the
// public fabric, serves the sockets that terrarium-host hands it, and believes one snapshot file.
//
//   terrarium-node RUN_DIR SNAPSHOT
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "base/file.h"
#include "base/log.h"
#include "node/control.h"
#include "runtime/unix_socket.h"

namespace terrarium::node {
namespace {

constexpr Millis kLookAtSnapshot{100};
constexpr std::size_t kMostSnapshot = 64u << 20;

// Re-reads the snapshot when the file was replaced.
class SnapshotFile {
 public:
  SnapshotFile(runtime::Loop& loop, std::string path, std::unique_ptr<const World>& world) : loop_(loop), path_(std::move(path)), world_(world) { Look(); }

 private:
  void Look() {
    struct stat now{};
    if (::stat(path_.c_str(), &now) == 0 && (now.st_ino != seen_.st_ino || now.st_mtim.tv_sec != seen_.st_mtim.tv_sec || now.st_mtim.tv_nsec != seen_.st_mtim.tv_nsec)) {
      const auto bytes = ReadFile(path_, kMostSnapshot);
      auto world = bytes ? World::Read(*bytes) : std::unexpected(bytes.error());
      if (world) world_ = *std::move(world);
      else LogError("node", "the snapshot was not taken: " + world.error().message);
      seen_ = now;
    }
    loop_.At(loop_.Now() + kLookAtSnapshot, [this] { Look(); });
  }

  runtime::Loop& loop_;
  std::string path_;
  std::unique_ptr<const World>& world_;
  struct stat seen_{};
};

Status Serve(const std::string& run_dir, const std::string& snapshot) {
  TRY_ASSIGN(const auto loop, runtime::Loop::Create());
  TRY_ASSIGN(const auto signals, loop->OnSignals({SIGTERM, SIGINT}, [&](int) { loop->Stop(); }));
  std::unique_ptr<const World> world;
  const SnapshotFile file(*loop, snapshot, world);
  SystemClock clock;
  Sockets sockets(*loop, clock, world, run_dir + "/engine/api.sock");
  TRY_ASSIGN(UniqueFd listener, runtime::ListenUnix(run_dir + "/node/control.sock", 0600));
  const Control control(*loop, std::move(listener), sockets);
  TRY(WriteFileAtomically(run_dir + "/node/node.pid", std::to_string(::getpid()) + "\n", 0644));
  LogInfo("node", "serving");
  loop->Run();
  return {};
}

}  // namespace
}  // namespace terrarium::node

int main(int argc, char** argv) {
  using namespace terrarium;
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(0077);
  if (argc != 3) {
    std::fprintf(stderr, "usage: terrarium-node RUN_DIR SNAPSHOT\n");
    return 2;
  }
  const Status served = node::Serve(argv[1], argv[2]);
  if (!served) LogError("node", served.error().message + (served.error().cause.empty() ? "" : ": " + served.error().cause));
  return served ? 0 : 1;
}
