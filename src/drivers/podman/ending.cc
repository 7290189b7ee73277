#include "drivers/podman/ending.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::podman {
namespace {

bool IsId(std::string_view s) {
  return s.size() == 64 && std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string Path(const std::string& folder, std::string_view id) { return folder + "/ends/" + std::string(id); }

// name, control group, "oom" where it was.
std::vector<std::string> Read(const std::string& folder, std::string_view id) {
  std::vector<std::string> out;
  const auto text = ReadFile(Path(folder, id), 8192);
  if (!text) return out;
  for (std::string_view line : Split(*text, '\n')) out.emplace_back(line);
  return out;
}

// Nothing if the group is gone.
std::optional<bool> Kills(const std::string& cgroup_path) {
  for (const std::string& file : {"/sys/fs/cgroup/memory" + cgroup_path + "/memory.oom_control", "/sys/fs/cgroup" + cgroup_path + "/memory.events"}) {
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    char buffer[4096];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    close(fd);
    for (std::string_view line : Split(std::string_view(buffer, n > 0 ? static_cast<std::size_t>(n) : 0), '\n')) {
      if (line.starts_with("oom_kill ")) return ParseInt(line.substr(9)).value_or(0) > 0;
    }
    return false;
  }
  return std::nullopt;
}

}  // namespace

Status NoteGroup(const std::string& folder, std::string_view id, std::string_view name, std::string_view cgroup_path) {
  if (!IsId(id)) return Fail(ErrorKind::kInvalid, "not a container id");
  TRY(MakeDirectory(folder + "/ends", 0700));
  return WriteFileAtomically(Path(folder, id), std::string(name) + "\n" + std::string(cgroup_path) + "\n", 0600);
}

void NoteEnd(const std::string& folder, std::string_view id) {
  if (!IsId(id)) return;
  const auto note = Read(folder, id);
  if (note.size() < 2 || (note.size() > 2 && note[2] == "oom")) return;
  if (Kills(note[1]).value_or(false)) (void)WriteFileAtomically(Path(folder, id), note[0] + "\n" + note[1] + "\noom\n", 0600);
}

bool WasOutOfMemory(const std::string& folder, std::string_view id) {
  if (!IsId(id)) return false;
  const auto first = Read(folder, id);
  if (first.size() < 2) return false;
  if (const auto kills = Kills(first[1])) return *kills;
  const auto note = Read(folder, id);
  return note.size() > 2 && note[2] == "oom";
}

void ForgetGroups(const std::string& folder, std::string_view name) {
  for (const std::string& id : ListDirectory(folder + "/ends").value_or(std::vector<std::string>{})) {
    const auto note = Read(folder, id);
    if (!note.empty() && note[0] == name) unlink(Path(folder, id).c_str());
  }
}

}  // namespace terrarium::podman
