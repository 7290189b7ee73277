#include "prove/audit.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::prove {
namespace {

bool IsThere(const std::string& path) {
  struct stat s{};
  return ::lstat(path.c_str(), &s) == 0;
}

}  // namespace

Result<std::string> HostAudit::Table(const std::string& path) const {
  auto text = ReadFile(root_ + path);
  if (!text && text.error().kind == ErrorKind::kNotFound) return std::string();
  return text;
}

Result<std::vector<std::string>> HostAudit::Look() const {
  std::vector<std::string> out;
  const std::string mark = "trm-" + instance_ + "-";
  const auto ours = [&](std::string_view text) { return text.contains(mark) || text.contains(run_dir_ + "/") || text.contains(state_dir_ + "/"); };
  TRY_ASSIGN(const auto spaces, ListDirectory(root_ + "/run/netns"));
  for (const auto& name : spaces)
    if (name.starts_with(mark)) out.push_back("network namespace " + name);
  TRY_ASSIGN(const auto links, ListDirectory(root_ + "/sys/class/net"));
  for (const auto& name : links) {
    const auto alias = ReadFile(root_ + "/sys/class/net/" + name + "/ifalias");
    if (name.starts_with(mark) || (alias && alias->contains(mark))) out.push_back("link " + name);
  }
  TRY_ASSIGN(const std::string mounts, Table("/proc/self/mounts"));
  for (const auto line : Split(mounts, '\n')) {
    const auto fields = Split(line, ' ');
    if (fields.size() > 1 && ours(std::string(fields[1]) + "/")) out.push_back("mount " + std::string(fields[1]));
  }
  TRY_ASSIGN(const auto processes, ListDirectory(root_ + "/proc"));
  const std::string self = std::to_string(::getpid());
  for (const auto& pid : processes) {
    if (!ParseInt(pid) || pid == self) continue;
    const auto line = ReadFile(root_ + "/proc/" + pid + "/cmdline");
    const auto group = ReadFile(root_ + "/proc/" + pid + "/cgroup");
    // By its arguments, or by the control group in which its container runs. A daemon's run folder is a word of its own; so it is of whoever
    // waits for this program, which is no part of the engine.
    const std::string program = line ? line->substr(0, line->find('\0')) : std::string();
    const bool daemon = program.substr(program.rfind('/') + 1).starts_with("terrarium") && ReplaceAll(*line, std::string_view("\0", 1), " ").contains("--run-dir " + run_dir_ + " ");
    const bool by_line = line && (line->contains(run_dir_ + "/") || line->contains(mark) || daemon);
    if (by_line || (group && group->contains("/terrarium-" + instance_ + "/"))) out.push_back("process " + pid + " " + program);
  }
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator it(root_ + "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied, failed), end; !failed && it != end; it.increment(failed)) {
    if (it.depth() > 2) it.pop(failed);
    if (failed || it == end) break;
    if (it->path().filename() == "terrarium-" + instance_) out.push_back("control group " + it->path().string());
  }
  TRY_ASSIGN(const std::string sockets, Table("/proc/net/unix"));
  for (const auto line : Split(sockets, '\n'))
    if (const auto at = line.find('/'); at != std::string_view::npos && ours(line.substr(at))) out.push_back("socket " + std::string(line.substr(at)));
  for (const auto& folder : {run_dir_, state_dir_})
    if (IsThere(root_ + folder)) out.push_back("folder " + folder);
  return out;
}

}  // namespace terrarium::prove
