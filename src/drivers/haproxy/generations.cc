#include "drivers/haproxy/generations.h"

#include <signal.h>

#include "base/file.h"
#include "base/text.h"
#include "runtime/process_list.h"

namespace terrarium::haproxy {
namespace {

constexpr Millis kPatience{20'000}, kGrace{5'000};
constexpr int kRounds = 10;

Status Kill(const Identity& identity) {
  auto process = runtime::DetachedProcess::Adopt(identity);
  if (!process || !process->Running()) return {};
  TRY(process->Signal(SIGKILL));
  if (!process->WaitEnd(kPatience)) return Fail(ErrorKind::kUnavailable, "a load balancer cannot be ended");
  return {};
}

}  // namespace

std::string ConfigPath(const std::string& folder, long long generation) { return folder + "/proxy-" + std::to_string(generation) + ".cfg"; }

Result<std::vector<Generation>> FindGenerations(const std::string& folder, uid_t user) {
  TRY_ASSIGN(const auto processes, runtime::ProcessesOf(user));
  std::vector<Generation> out;
  for (const runtime::RunningProcess& process : processes)
    for (const std::string& argument : process.argv)
      if (argument.starts_with(folder + "/proxy-") && argument.ends_with(".cfg")) out.push_back({process.identity, process.parent, argument});
  return out;
}

bool Runs(const Identity& identity) {
  if (identity.pid == 0) return false;
  auto process = runtime::DetachedProcess::Adopt(identity);
  return process && process->Running();
}

Identity WorkerOf(const Identity& keeper) {
  const std::string pid = std::to_string(keeper.pid);
  const auto children = ReadFile("/proc/" + pid + "/task/" + pid + "/children", 4096);
  const auto first = children ? ParseInt(std::string_view(*children).substr(0, children->find(' '))) : std::nullopt;
  return first ? runtime::DetachedProcess::IdentityOf(static_cast<pid_t>(*first)).value_or(Identity{}) : Identity{};
}

Status End(const Identity& identity) {
  auto process = runtime::DetachedProcess::Adopt(identity);
  if (!process || !process->Running()) return {};
  const Identity worker = WorkerOf(identity);
  TRY(process->Signal(SIGTERM));
  if (!process->WaitEnd(kGrace)) TRY(Kill(identity));
  return worker.pid == 0 ? Status() : Kill(worker);
}

Status EndAll(const std::string& folder, uid_t user) {
  // A keeper may start a proxy between the look and its own end.
  for (int round = 0; round < kRounds; ++round) {
    TRY_ASSIGN(const auto found, FindGenerations(folder, user));
    if (found.empty()) return {};
    for (const Generation& one : found) TRY(End(one.identity));
  }
  return Fail(ErrorKind::kUnavailable, "a load balancer cannot be ended");
}

Status RetireOthers(const std::string& folder, uid_t user, const Identity& keeper, const Identity& worker) {
  TRY_ASSIGN(const auto found, FindGenerations(folder, user));
  for (const Generation& one : found) {
    if (one.identity == keeper || one.identity == worker || (keeper.pid != 0 && one.parent == keeper.pid)) continue;
    auto process = runtime::DetachedProcess::Adopt(one.identity);
    if (!process) continue;
    if (const Status sent = process->Signal(SIGUSR1); !sent && sent.error().kind != ErrorKind::kNotFound) return sent;
  }
  return {};
}

}  // namespace terrarium::haproxy
