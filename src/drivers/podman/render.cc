#include "drivers/podman/render.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "host/container/spec.h"

namespace terrarium::podman {
namespace {

// What a Fargate task keeps of root's capabilities: the container runtime's usual set.
constexpr std::array<std::string_view, 14> kCapabilities = {"AUDIT_WRITE", "CHOWN",   "DAC_OVERRIDE", "FOWNER", "FSETID",  "KILL",       "MKNOD",
                                                            "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"};
constexpr std::int64_t kIdsPerTask = 65536;

std::string MapArgument(std::int64_t base) { return "0:" + std::to_string(base) + ":" + std::to_string(kIdsPerTask); }

std::string JsonList(const List<Str>& list) {
  Json out{Json::Array{}};
  for (const Str& s : list) out.Append(Json(s.view()));
  return out.Write();
}

bool Dropped(const ContainerSpec& spec, std::string_view capability) {
  return std::any_of(spec.drop_capabilities.begin(), spec.drop_capabilities.end(),
                     [&](const Str& s) { return s == capability || s == "ALL"; });
}

// The part of the arguments that depends on the spec alone.
void AppendSpec(std::vector<std::string>& a, const ContainerSpec& spec) {
  const auto flag = [&a](std::string name, std::string value) {
    a.push_back(std::move(name));
    a.push_back(std::move(value));
  };
  flag("--hostname", spec.hostname.str());
  flag("--network", "ns:/run/netns/" + spec.network_namespace.str());
  flag("--uidmap", MapArgument(*spec.uid_base));
  flag("--gidmap", MapArgument(*spec.uid_base));
  flag("--security-opt", "no-new-privileges");
  flag("--security-opt", "mask=/sys/fs/cgroup");
  flag("--cap-drop", "all");
  for (std::string_view c : kCapabilities) {
    if (!Dropped(spec, c)) flag("--cap-add", std::string(c));
  }
  for (const Str& c : spec.add_capabilities) flag("--cap-add", c.str());
  const std::int32_t memory = spec.memory_mib.value_or(*spec.task_memory_mib);
  flag("--memory", std::to_string(memory) + "m");
  flag("--memory-swap", std::to_string(memory) + "m");
  if (spec.memory_reservation_mib) flag("--memory-reservation", std::to_string(*spec.memory_reservation_mib) + "m");
  flag("--cpu-shares", std::to_string(std::max(2, spec.cpu_units.value_or(0))));
  flag("--pids-limit", std::to_string(spec.pids_limit.value_or(4096)));
  if (spec.read_only_root.value_or(false)) {
    a.push_back("--read-only");
    a.push_back("--read-only-tmpfs=false");
  }
  for (const auto& t : spec.tmpfs) {
    std::string options = t.container_path.str() + ":size=" + std::to_string(*t.size_mib) + "m";
    for (const Str& o : t.options) options += "," + o.str();
    flag("--tmpfs", options);
  }
  if (spec.user.has_value() && !spec.user.empty()) flag("--user", spec.user.str());
  if (spec.working_directory.has_value() && !spec.working_directory.empty()) flag("--workdir", spec.working_directory.str());
  if (!spec.entry_point.empty()) flag("--entrypoint", JsonList(spec.entry_point));
  if (spec.init_process.value_or(false)) a.push_back("--init");
  if (spec.pseudo_terminal.value_or(false)) a.push_back("--tty");
}

}  // namespace

std::string PodmanName(const Config& config, std::string_view name) { return "trm-" + config.instance + "-" + std::string(name); }
std::string VolumeName(const Config& config, std::string_view task, std::string_view volume) {
  return "trm-" + config.instance + "-" + std::string(task) + "-" + std::string(volume);
}
std::string ContainerDir(const Config& config, std::string_view name) { return config.containers_dir() + "/" + std::string(name); }
std::string FilesDir(const Config& config, std::string_view name, std::size_t number) {
  return config.files_dir() + "/" + std::string(name) + "/" + std::to_string(number);
}
std::string SecretsFile(const Config& config, std::string_view name) { return config.secrets_dir() + "/" + std::string(name) + ".json"; }

std::vector<std::string> GlobalArguments(const Config& config) {
  return {config.podman,       "--root",           config.image_store(), "--runroot",        config.run_root(), "--tmpdir", config.memory_dir() + "/tmp",
          "--storage-driver",  "overlay",          "--events-backend",   "none",             "--cgroup-manager", "cgroupfs", "--runtime",
          config.oci_link(),  "--log-level",      "error"};
}

std::vector<std::string> ProcessEnvironment(const Config& config) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "LC_ALL=C.UTF-8",
          "HOME=" + config.home_dir(),
          "TMPDIR=" + config.image_store(),
          "CONTAINERS_CONF=" + config.containers_conf(),
          "CONTAINERS_STORAGE_CONF=" + config.memory_dir() + "/storage.conf",
          "CONTAINERS_REGISTRIES_CONF=" + config.memory_dir() + "/registries.conf"};
}

std::vector<std::string> PullArguments(const Config& config, std::string_view reference, std::string_view auth_file, bool insecure) {
  std::vector<std::string> a = GlobalArguments(config);
  a.insert(a.end(), {"pull", "--quiet", "--authfile", std::string(auth_file)});
  if (insecure) a.push_back("--tls-verify=false");
  a.insert(a.end(), {"--", std::string(reference)});
  return a;
}

std::vector<std::string> RunArguments(const Config& config, const ContainerSpec& spec) {
  std::vector<std::string> a = GlobalArguments(config);
  const std::string folder = ContainerDir(config, spec.name);
  const auto flag = [&a](std::string name, std::string value) {
    a.push_back(std::move(name));
    a.push_back(std::move(value));
  };
  a.insert(a.end(), {"run", "--detach", "--pull=never", "--name", PodmanName(config, spec.name)});
  flag("--label", "terrarium.owner=terrarium");
  flag("--label", "terrarium.instance=" + config.instance);
  flag("--label", "terrarium.name=" + spec.name.str());
  flag("--label", "terrarium.task=" + spec.task.str());
  flag("--label", "terrarium.generation=" + std::to_string(spec.generation.value_or(0)));
  flag("--label", "terrarium.spec-hash=" + host::SpecHash(spec));
  flag("--annotation", "terrarium.environment=" + spec.name.str());
  flag("--cgroup-parent", config.cgroup_root() + "/" + spec.task.str());
  flag("--cgroups", "no-conmon");
  flag("--conmon-pidfile", folder + "/conmon.pid");
  flag("--log-driver", "k8s-file");
  flag("--log-opt", "path=" + folder + "/output.log");
  flag("--log-opt", "max-size=" + std::to_string(std::int64_t{spec.log_limit_mib.value_or(256)} << 20) + "b");
  a.insert(a.end(), {"--no-healthcheck", "--http-proxy=false", "--systemd=false", "--no-hosts", "--unsetenv", "container", "--unsetenv", "TERM"});
  flag("--volume", folder + "/hosts:/etc/hosts:ro");
  flag("--volume", folder + "/resolv.conf:/etc/resolv.conf:ro");
  for (const auto& v : spec.volumes) {
    flag("--volume", VolumeName(config, spec.task, v.volume) + ":" + v.container_path.str() + (v.read_only.value_or(false) ? ":ro" : ":rw"));
  }
  for (std::size_t i = 0; i < spec.files.size(); ++i) {
    flag("--volume", FilesDir(config, spec.name, i) + ":" + spec.files[i].container_path.str() + (spec.files[i].read_only.value_or(false) ? ":ro" : ":rw") + ",nosuid,nodev,rprivate");
  }
  // A wish above what this process may hand on would fail the start.
  const long soft = spec.open_files_soft.value_or(65535), hard = spec.open_files_hard.value_or(65535);
  flag("--ulimit", "nofile=" + std::to_string(std::min(soft, config.open_files_limit)) + ":" + std::to_string(std::min(hard, config.open_files_limit)));
  // The pids controller is what limits; this only keeps podman from asking for more than the host gives.
  const std::string processes = std::to_string(std::min(16384L, config.processes_limit));
  flag("--ulimit", "nproc=" + processes + ":" + processes);
  AppendSpec(a, spec);
  a.push_back("--");
  a.push_back(spec.image.str());
  for (const Str& s : spec.command) a.push_back(s.str());
  return a;
}

std::string RenderHosts(const ContainerSpec& spec) {
  std::string out = "127.0.0.1 localhost\n";
  for (const auto& h : spec.hosts) out += h.address.str() + " " + h.name.str() + "\n";
  return out;
}

std::string RenderResolvConf(const ContainerSpec& spec) {
  std::string out;
  for (const Str& s : spec.name_servers) out += "nameserver " + s.str() + "\n";
  if (!spec.search_domains.empty()) {
    out += "search";
    for (const Str& s : spec.search_domains) out += " " + s.str();
    out += "\n";
  }
  return out + "options timeout:2 attempts:5\n";
}

std::string RenderEnvironmentFile(const ContainerSpec& spec) {
  Json out{Json::Object{}};
  for (const auto& v : spec.environment) out.Set(v.name, Json(v.value.view()));
  for (const auto& v : spec.secrets) out.Set(v.name, Json(v.value.view()));
  return out.Write();
}

std::string RenderContainersConf(const Config& config) {
  // default_sysctls: with a user namespace and a network namespace of another owner, ping_group_range cannot be set and the start fails.
  return "[containers]\ndefault_sysctls = []\ndefault_ulimits = []\nlog_driver = \"k8s-file\"\n"
         "[engine]\nevents_logger = \"none\"\ncgroup_manager = \"cgroupfs\"\nno_pivot_root = false\nimage_copy_tmp_dir = \"" +
         config.image_store() + "\"\nruntime_supports_json = [\"terrarium-oci\"]\n[network]\nnetwork_backend = \"netavark\"\nnetwork_config_dir = \"" +
         config.memory_dir() + "/networks\"\n";
}

std::string RenderStorageConf(const Config& config) {
  return "[storage]\ndriver = \"overlay\"\ngraphroot = \"" + config.image_store() + "\"\nrunroot = \"" + config.run_root() + "\"\n";
}

std::string RenderAuthFile(std::string_view registry, std::string_view user, std::string_view password) {
  Json entry{Json::Object{}};
  entry.Set("auth", Json(Base64Encode(std::string(user) + ":" + std::string(password))));
  Json auths{Json::Object{}};
  auths.Set(registry, std::move(entry));
  Json out{Json::Object{}};
  out.Set("auths", std::move(auths));
  return out.Write();
}

}  // namespace terrarium::podman
