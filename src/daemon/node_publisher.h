#pragma once

#include <map>
#include <string>

#include "control/runner.h"
#include "crypto/root_key.h"
#include "gen/host_node/ports.h"
#include "gen/node_snapshot/types.h"
#include "runtime/blocking.h"
#include "services/iam/session.h"

namespace terrarium::daemon {

// Keeps terrarium-node's picture of the world true: the snapshot file (DNS names, task credentials, doors) and the sockets that it holds.
// One key, "node/snapshot", which follows the tables of several services: what the node must know is made from their rows.
class NodePublisher final : public control::Reconciler {
 public:
  NodePublisher(store::Database& database, runtime::Blocking& blocking, host::NodeHost& node, const Clock& clock, Random& random, const crypto::RootKey& root, std::string snapshot_path, int door_port)
      : database_(database), blocking_(blocking), node_(node), clock_(clock), random_(random), root_(root), snapshot_path_(std::move(snapshot_path)), door_port_(door_port) {}

  void AddTo(control::Runner& runner);
  runtime::Task<Result<control::Settled>> Reconcile(std::string key) override;

 private:
  struct Picture {
    Arena arena{};
    gen::node_snapshot::Snapshot snapshot{};          // version 0
    std::map<std::string, std::string> vpcs{};        // id → resolver
    std::vector<std::int32_t> doors{};
  };
  Status Draw(store::Tx& tx, Picture& picture);
  Result<iam::TemporaryCredentials> CredentialsOf(store::Tx& tx, const std::string& task, const std::string& role);

  store::Database& database_;
  runtime::Blocking& blocking_;
  host::NodeHost& node_;
  const Clock& clock_;
  Random& random_;
  const crypto::RootKey& root_;
  const std::string snapshot_path_;
  const int door_port_;  // of 127.0.0.1
  std::map<std::string, iam::TemporaryCredentials> credentials_;  // by task; renewed before they end, dropped with the task
  std::string published_;
  std::int64_t version_ = 0;
  UnixMillis node_seen_ = 0;
  std::string node_asked_;
};

}  // namespace terrarium::daemon
