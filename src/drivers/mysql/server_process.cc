#include "drivers/mysql/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::mysql {
namespace {

constexpr int kSilenceMillis = 300'000;  // recovery of a large server says something now and then

// The server's end of the notification protocol of systemd: datagrams of NAME=value lines.
Result<UniqueFd> ListenForNews(const std::string& path, uid_t user) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Fail(ErrorKind::kInvalid, "the path of a socket is too long", path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return SystemFail("socket", errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemFail(path, errno);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return SystemFail(path, errno);
  if (::lchown(path.c_str(), user, user) != 0) return SystemFail(path, errno);
  return socket;
}

Status AwaitReady(const UniqueFd& news, runtime::DetachedProcess& server, const std::string& console) {
  for (;;) {
    std::array<pollfd, 2> wait{{{news.get(), POLLIN, 0}, {server.pidfd(), POLLIN, 0}}};
    const int ready = ::poll(wait.data(), wait.size(), kSilenceMillis);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return SystemFail("poll", errno);
    if (ready == 0) return Fail(ErrorKind::kUnavailable, "the database server does not become ready", Tail(console));
    if (wait[0].revents != 0) {
      char buffer[4096];
      const ssize_t got = ::recv(news.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      const std::string_view text(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
      if (std::ranges::any_of(Split(text, '\n'), [](std::string_view line) { return line == "READY=1"; })) return {};
      continue;
    }
    server.Running();  // reaps it
    return Fail(ErrorKind::kUnavailable, "the database server ended while it started", Tail(console));
  }
}

bool IsServer(pid_t pid, const std::string& config) {
  const auto line = ReadFile("/proc/" + std::to_string(pid) + "/cmdline", 1 << 20);
  if (!line) return false;
  const auto arguments = Split(*line, '\0');
  return std::ranges::find(arguments, std::string_view("--defaults-file=" + config)) != arguments.end();
}

}  // namespace

std::string Tail(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return {};
  struct stat st{};
  if (::fstat(fd.get(), &st) != 0 || !S_ISREG(st.st_mode)) return {};
  char buffer[3000];
  const off_t from = std::max<off_t>(0, st.st_size - static_cast<off_t>(sizeof buffer));
  const ssize_t got = ::pread(fd.get(), buffer, sizeof buffer, from);
  return got <= 0 ? std::string() : Printable(std::string_view(buffer, static_cast<std::size_t>(got)));
}

Result<runtime::DetachedProcess> StartServer(const ServerStart& start) {
  TRY_ASSIGN(const UniqueFd news, ListenForNews(start.socket_for_news, start.user));
  const UniqueFd console(::open(start.console.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!console) return SystemFail(start.console, errno);
  runtime::Command command = start.program->Run(start.program->server, {"--defaults-file=" + start.config});
  command.env.push_back("NOTIFY_SOCKET=" + start.socket_for_news);
  command.uid = start.user;
  command.gid = start.user;
  command.network_namespace = start.network_namespace;
  if (start.group != nullptr) command.cgroups = start.group->folders();
  command.fds = {{console.get(), 1}, {console.get(), 2}};
  TRY_ASSIGN(runtime::DetachedProcess server, runtime::DetachedProcess::Start(command));
  const Status ready = AwaitReady(news, server, start.console);
  ::unlink(start.socket_for_news.c_str());
  if (ready) return server;
  TRY(StopServer(server, Millis(0)));
  return std::unexpected(ready.error());
}

Result<std::optional<runtime::DetachedProcess>> FindServer(const ControlGroup& group, const std::string& config) {
  TRY_ASSIGN(const std::vector<pid_t> members, group.Members());
  for (const pid_t pid : members) {
    const auto identity = runtime::DetachedProcess::IdentityOf(pid);
    if (!identity || !IsServer(pid, config)) continue;
    auto process = runtime::DetachedProcess::Adopt(*identity);
    if (process && process->Running()) return std::optional(*std::move(process));
  }
  return std::nullopt;
}

Status StopServer(runtime::DetachedProcess& server, Millis patience) {
  const auto signal = [&server](int number) -> Status {
    if (auto sent = server.Signal(number); !sent && sent.error().kind != ErrorKind::kNotFound) return sent;
    return {};
  };
  if (patience > Millis(0)) {
    TRY(signal(SIGTERM));
    if (server.WaitEnd(patience)) return {};
  }
  TRY(signal(SIGKILL));
  if (server.WaitEnd(Millis(60'000))) return {};
  return Fail(ErrorKind::kUnavailable, "the database server cannot be ended");
}

Status ClearGroup(const ControlGroup& group) {
  TRY_ASSIGN(const std::vector<pid_t> members, group.Members());
  for (const pid_t pid : members) {
    const auto identity = runtime::DetachedProcess::IdentityOf(pid);
    if (!identity) continue;
    auto process = runtime::DetachedProcess::Adopt(*identity);
    if (process) TRY(StopServer(*process, Millis(0)));
  }
  return {};
}

}  // namespace terrarium::mysql
