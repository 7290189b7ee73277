#pragma once

#include <string>

namespace terrarium::host {
class FilesMounts;
}

namespace terrarium::podman {

// Where the driver keeps things. All folders are its own, mode 0700.
struct Config {
  std::string instance;        // [a-z0-9]{1,8}
  std::string state_dir;       // on disk: image store, container folders; outlives a reboot
  std::string run_dir;         // below it a tmpfs: secrets, credentials, podman's and the runtime's own state; ends with a reboot
  std::string podman = "podman";
  std::string oci_wrapper;     // absolute path of terrarium-oci
  long open_files_limit = 0;   // hard limits that this process may hand on; a larger wish is cut down to them
  long processes_limit = 0;
  host::FilesMounts* files = nullptr;  // who mounts file systems; without it no container may have one. Outlives the driver

  std::string image_store() const { return state_dir + "/store"; }
  std::string containers_dir() const { return state_dir + "/containers"; }
  std::string memory_dir() const { return run_dir + "/podman"; }
  std::string run_root() const { return memory_dir() + "/run"; }
  // By this name podman calls it: from its own folder terrarium-oci knows where to look, as podman hands on no environment.
  std::string oci_link() const { return memory_dir() + "/terrarium-oci"; }
  std::string oci_root() const { return memory_dir() + "/oci"; }
  std::string secrets_dir() const { return memory_dir() + "/secrets"; }
  // <container>/<number>: mounts of file systems, bound into the container from here.
  std::string files_dir() const { return memory_dir() + "/files"; }
  std::string containers_conf() const { return memory_dir() + "/containers.conf"; }
  std::string home_dir() const { return memory_dir() + "/home"; }
  // A part of the instance's group: its databases have another.
  std::string cgroup_root() const { return "/terrarium-" + instance + "/containers"; }
};

}  // namespace terrarium::podman
