#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace terrarium::daemon {

// Where an engine keeps things and what it is called. Two engines on one machine differ in instance, folders and port.
struct Options {
  std::string instance = "t0";                  // [a-z0-9]{1,8}: part of every name on the host
  std::string state_dir = "/var/lib/terrarium"; // what outlives a reboot
  std::string run_dir{};                        // sockets and what ends with a reboot; /run/terrarium/<instance> by default
  std::string listen = "127.0.0.1";
  std::uint16_t port = 4566;
  std::uint16_t door = 8080;                    // where the first internet-facing load balancer is found on this machine
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string user = "terrarium";               // who terrariumd and terrarium-node run as
  bool remove_all = false;                      // terrarium-host: removes everything of the instance from the machine and ends
  bool stop_all = false;                        // terrarium-host: ends all that runs, keeps the data, and ends itself
  std::string programs_dir{};                   // program roots; <state_dir>/programs by default

  std::string HostSocket() const { return run_dir + "/host.sock"; }
  std::string DatabasePath() const { return state_dir + "/engine/state.db"; }
  std::string RootKeyPath() const { return state_dir + "/engine/root.key"; }
  std::string RootCredentialsPath() const { return state_dir + "/engine/root-credentials"; }
  std::string BlobsDir() const { return state_dir + "/engine/blobs"; }
  std::string LogsDir() const { return state_dir + "/engine/logs"; }
};

// --name value pairs. kInvalid names the argument that does not fit.
Result<Options> ParseOptions(int argc, char** argv);

}  // namespace terrarium::daemon
