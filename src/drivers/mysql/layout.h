#pragma once

#include <string>

namespace terrarium::mysql {

// Where everything of this machine's servers lives.
//
//   <state>/mysql/authorities/<name>.{pem,key}    certificate authorities
//   <state>/mysql/templates/<content>/            data folder and parameters of an engine version, copied for each server
//   <state>/mysql/servers/<id>/server.json        what was asked for; without it the folder is the rest of an interrupted creation
//   <state>/mysql/servers/<id>/…                  my.cnf, tls/ (root's), data/ binlog/ relay/ log/ (the server's own user)
//   <state>/mysql/snapshots/<name>/               data/, snapshot.json, keyring.sealed
//   <run>/mysql/<id>/                             in memory: socket, pid, keyring, temporary files
struct Layout {
  std::string state;  // --state-dir
  std::string run;    // /run/terrarium/<instance>

  std::string Home() const { return state + "/mysql"; }
  std::string Authorities() const { return Home() + "/authorities"; }
  std::string Templates() const { return Home() + "/templates"; }
  std::string Servers() const { return Home() + "/servers"; }
  std::string Snapshots() const { return Home() + "/snapshots"; }
  std::string Snapshot(const std::string& name) const { return Snapshots() + "/" + name; }
};

struct ServerPaths {
  ServerPaths(const Layout& layout, const std::string& id)
      : folder(layout.Servers() + "/" + id), memory(layout.run + "/mysql/" + id) {}

  std::string folder;
  std::string memory;

  std::string Record() const { return folder + "/server.json"; }
  std::string Config() const { return folder + "/my.cnf"; }
  std::string Data() const { return folder + "/data"; }
  std::string Binlog() const { return folder + "/binlog"; }
  std::string Relay() const { return folder + "/relay"; }
  std::string Logs() const { return folder + "/log"; }
  std::string ErrorLog() const { return Logs() + "/error.log"; }
  std::string Tls() const { return folder + "/tls"; }
  std::string SealedKeyring() const { return folder + "/keyring.sealed"; }
  std::string Socket() const { return memory + "/mysqld.sock"; }
  std::string NotifySocket() const { return memory + "/notify"; }
  std::string PidFile() const { return memory + "/mysqld.pid"; }
  std::string InitFile() const { return memory + "/init.sql"; }
  std::string AdminOptions() const { return memory + "/admin.cnf"; }
  std::string Keyring() const { return memory + "/keyring"; }
  std::string Temporary() const { return memory + "/tmp"; }
};

}  // namespace terrarium::mysql
