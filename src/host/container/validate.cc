#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "host/container/spec.h"
#include "host/files/spec.h"

namespace terrarium::host {
namespace {

using gen::host_container::ContainerSpec;

bool Lower(char c) { return c >= 'a' && c <= 'z'; }
bool Digit(char c) { return c >= '0' && c <= '9'; }
bool Alnum(char c) { return Lower(c) || Digit(c) || (c >= 'A' && c <= 'Z'); }

template <class Accept>
bool All(std::string_view s, std::size_t most, Accept accept) {
  return !s.empty() && s.size() <= most && std::all_of(s.begin(), s.end(), accept);
}

bool IsHostName(std::string_view s) {
  return All(s, 253, [](char c) { return Alnum(c) || c == '-' || c == '.' || c == '_'; }) && s.front() != '-' && s.front() != '.';
}
bool IsAddress(std::string_view s) {
  unsigned char out[16];
  const std::string text(s);
  return inet_pton(AF_INET, text.c_str(), out) == 1 || inet_pton(AF_INET6, text.c_str(), out) == 1;
}
// Absolute, without the separators of podman's mount syntax and without "..".
bool IsContainerPath(std::string_view s) {
  if (!All(s, 1024, [](char c) { return Alnum(c) || c == '/' || c == '.' || c == '_' || c == '-'; }) || s.front() != '/' || s.size() < 2) return false;
  for (std::string_view part : Split(s.substr(1), '/')) {
    if (part == "..") return false;
  }
  return true;
}
bool IsVariableName(std::string_view s) {
  return !s.empty() && s.size() <= 4096 && std::all_of(s.begin(), s.end(), [](char c) { return c != '=' && c != '\0'; });
}
bool NoNul(std::string_view s) { return s.find('\0') == std::string_view::npos; }
bool IsImageId(std::string_view s) {
  return s.size() == 64 && std::all_of(s.begin(), s.end(), [](char c) { return Digit(c) || (c >= 'a' && c <= 'f'); });
}

std::unexpected<Error> Bad(std::string_view field) { return Fail(ErrorKind::kInvalid, "container spec: " + std::string(field) + " is not valid"); }

}  // namespace

bool IsContainerName(std::string_view s) {
  return All(s, 60, [](char c) { return Lower(c) || Digit(c) || c == '-'; }) && s.front() != '-';
}
bool IsTaskName(std::string_view s) {
  // The monitors' control group stands beside the tasks'.
  return All(s, 40, [](char c) { return Lower(c) || Digit(c); }) && s != "monitors";
}

bool IsNetworkSysctl(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames = {"net.core.somaxconn",           "net.ipv4.ip_local_port_range",  "net.ipv4.ip_unprivileged_port_start",
                                                      "net.ipv4.tcp_fin_timeout",     "net.ipv4.tcp_keepalive_intvl",  "net.ipv4.tcp_keepalive_probes",
                                                      "net.ipv4.tcp_keepalive_time",  "net.ipv4.tcp_max_syn_backlog",  "net.ipv4.tcp_syn_retries"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}
bool IsSysctlValue(std::string_view value) {
  int numbers = 0;
  for (std::string_view part : Split(value, ' ')) {
    if (!All(part, 10, Digit) || ++numbers > 3) return false;
  }
  return numbers > 0;
}

Status ValidateSpec(const ContainerSpec& spec) {
  constexpr std::array<std::string_view, 6> kTmpfsOptions = {"ro", "rw", "nosuid", "nodev", "noexec", "exec"};
  if (!IsContainerName(spec.name)) return Bad("name");
  if (!IsTaskName(spec.task)) return Bad("task");
  if (!IsImageId(spec.image)) return Bad("image");
  if (!IsHostName(spec.hostname) || spec.hostname.view().size() > 64) return Bad("hostname");
  if (!All(spec.network_namespace, 200, [](char c) { return Alnum(c) || c == '-' || c == '_'; })) return Bad("network_namespace");
  for (const auto& h : spec.hosts) {
    if (!IsAddress(h.address) || !IsHostName(h.name)) return Bad("hosts");
  }
  for (const Str& s : spec.name_servers) {
    if (!IsAddress(s)) return Bad("name_servers");
  }
  for (const Str& s : spec.search_domains) {
    if (!IsHostName(s)) return Bad("search_domains");
  }
  for (const auto* list : {&spec.environment, &spec.secrets}) {
    for (const auto& v : *list) {
      if (!IsVariableName(v.name) || !v.value.has_value() || !NoNul(v.value) || !IsValidUtf8(v.value)) return Bad("environment");
    }
  }
  for (const auto* list : {&spec.entry_point, &spec.command}) {
    for (const Str& s : *list) {
      if (!NoNul(s) || !IsValidUtf8(s)) return Bad("command");
    }
  }
  if (spec.user.has_value() && !spec.user.empty() &&
      (!All(spec.user, 128, [](char c) { return Alnum(c) || c == '-' || c == '_' || c == '.' || c == ':'; }) || spec.user.view().front() == '-')) {
    return Bad("user");
  }
  if (spec.working_directory.has_value() && !spec.working_directory.empty() && spec.working_directory != "/" && !IsContainerPath(spec.working_directory)) {
    return Bad("working_directory");
  }
  // Ids below belong to the host's own users, to the database servers and to the proxies. Without a user namespace a task's root were the host's.
  if (const std::int64_t base = spec.uid_base.value_or(0); base < 8 * 65536 || base > 4'000'000'000LL || base % 65536 != 0) return Bad("uid_base");
  if (spec.task_cpu_units.value_or(0) < 16 || *spec.task_cpu_units > 1024 * 256) return Bad("task_cpu_units");
  if (spec.task_memory_mib.value_or(0) < 6 || *spec.task_memory_mib > (4 << 20)) return Bad("task_memory_mib");
  if (spec.memory_mib && (*spec.memory_mib < 6 || *spec.memory_mib > *spec.task_memory_mib)) return Bad("memory_mib");
  if (spec.memory_reservation_mib && (*spec.memory_reservation_mib < 6 || *spec.memory_reservation_mib > *spec.task_memory_mib)) {
    return Bad("memory_reservation_mib");
  }
  if (spec.cpu_units && (*spec.cpu_units < 0 || *spec.cpu_units > 1024 * 256)) return Bad("cpu_units");
  if (spec.pids_limit && (*spec.pids_limit < 1 || *spec.pids_limit > 65535)) return Bad("pids_limit");
  for (const auto& t : spec.tmpfs) {
    if (!IsContainerPath(t.container_path) || t.size_mib.value_or(0) < 1 || *t.size_mib > (1 << 20)) return Bad("tmpfs");
    for (const Str& o : t.options) {
      if (std::find(kTmpfsOptions.begin(), kTmpfsOptions.end(), o.view()) == kTmpfsOptions.end()) return Bad("tmpfs option");
    }
  }
  for (const auto& v : spec.volumes) {
    if (!All(v.volume, 128, [](char c) { return Alnum(c) || c == '-' || c == '_'; }) || !IsContainerPath(v.container_path)) return Bad("volumes");
  }
  constexpr std::int64_t kMostId = 4'294'967'294;  // the next one means "none"
  const auto id_ok = [](std::optional<std::int64_t> id) { return id && *id >= 0 && *id <= kMostId; };
  for (const auto& f : spec.files) {
    if (!IsFileSystemId(f.file_system) || !IsFileSystemPath(f.path) || !IsContainerPath(f.container_path)) return Bad("files");
    if ((f.user_uid || f.user_gid) && (!id_ok(f.user_uid) || !id_ok(f.user_gid))) return Bad("files user");
    if ((f.owner_uid || f.owner_gid || f.permissions) && (!id_ok(f.owner_uid) || !id_ok(f.owner_gid) || !f.permissions || *f.permissions < 0 || *f.permissions > 07777)) return Bad("files owner");
  }
  for (const Str& c : spec.add_capabilities) {
    if (c != "SYS_PTRACE") return Bad("add_capabilities");
  }
  for (const Str& c : spec.drop_capabilities) {
    if (!All(c, 40, [](char x) { return (x >= 'A' && x <= 'Z') || x == '_'; })) return Bad("drop_capabilities");
  }
  if (spec.open_files_soft.value_or(1) < 1 || spec.open_files_hard.value_or(1) < 1 || spec.open_files_soft.value_or(1) > spec.open_files_hard.value_or(65535)) {
    return Bad("open_files");
  }
  for (const auto& s : spec.sysctls) {
    if (!IsNetworkSysctl(s.name) || !IsSysctlValue(s.value)) return Bad("sysctls");
  }
  if (spec.log_limit_mib && (*spec.log_limit_mib < 1 || *spec.log_limit_mib > 65536)) return Bad("log_limit_mib");
  return {};
}

Result<std::string> RegistryOf(std::string_view reference) {
  const auto accepted = [](char c) { return Alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '/' || c == '@'; };
  const std::size_t slash = reference.find('/'), at = reference.find("@sha256:");
  if (!All(reference, 1024, accepted) || slash == std::string_view::npos || slash == 0 || reference.front() == '-' || at == std::string_view::npos ||
      !IsImageId(reference.substr(at + 8))) {
    return Fail(ErrorKind::kInvalid, "image reference must be registry/repository@sha256:digest");
  }
  return std::string(reference.substr(0, slash));
}

}  // namespace terrarium::host
