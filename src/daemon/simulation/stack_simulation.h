#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/registry.h"
#include "base/json.h"
#include "daemon/services.h"
#include "host/container/fake_container_host.h"
#include "host/database/fake_database_host.h"
#include "host/network/fake_network.h"
#include "host/network/network_verbs.h"
#include "host/proxy/fake_proxy_host.h"
#include "gen/host_node/ports.h"

namespace terrarium::daemon {

// terrarium-node as far as terrariumd sees it.
class FakeNodeHost final : public host::NodeHost {
 public:
  Result<gen::host_node::EnsureNodeResponse*> EnsureNode(const gen::host_node::EnsureNodeRequest&, Arena& arena) override {
    auto* out = arena.New<gen::host_node::EnsureNodeResponse>();
    out->process_id = 1;
    return out;
  }
  Result<gen::host_node::RemoveNodeResponse*> RemoveNode(const gen::host_node::RemoveNodeRequest&, Arena& arena) override { return arena.New<gen::host_node::RemoveNodeResponse>(); }
};

// What the wire between terrariumd and terrarium-host does to one call.
enum class Fate : unsigned char {
  kDone,
  kRefused,     // not sent
  kAnswerLost,  // done, and nobody hears of it
  kKilledBefore,  // terrariumd is killed before the call has its effect
  kKilledAfter,   // and after it, before it hears of it
};
struct Verb {
  std::string_view name;
  bool fresh;  // the first with these very fields
};

// All of terrariumd (every service, reconciler and row) in virtual time, on a host made of fakes. Equal seeds and fates give equal lives.
class StackSimulation {
 public:
  explicit StackSimulation(std::uint64_t seed);
  ~StackSimulation();
  StackSimulation(const StackSimulation&) = delete;

  // Asked for every call to the host.
  std::function<Fate(const Verb&)> decide = [](const Verb&) { return Fate::kDone; };

  // An operation as the account's root user calls it; its answer as JSON by the model's names.
  Result<Json> Try(std::string_view service, std::string_view operation, std::string_view request);
  // As a client that does not give up: every two seconds until it is accepted, for `patience`. kUnavailable names what was answered last.
  Result<Json> Do(std::string_view service, std::string_view operation, std::string_view request, Millis patience = Millis{600'000});
  // Virtual time goes by, with whatever restarts are in it.
  void RunFor(Millis duration);
  bool Until(const std::function<bool()>& condition, Millis patience = Millis{600'000});

  // An image that is in the repository, under a tag of that one letter.
  void Publish(const std::string& repository, char tag);
  // Foreign hands: the program of one running container ends.
  void EndOneContainer();

  // What does not fit together, one sentence each: work that does not settle, containers, interfaces, proxies and databases that are there and
  // ought not to be, or ought to be and are not. None in a stack that has come to rest.
  std::vector<std::string> Faults();
  // What the host still has.
  std::vector<std::string> Left();
  int kills() const { return kills_; }
  int calls() const { return calls_; }

 private:
  class Channel;
  struct Daemon;
  void Restart();
  std::vector<Json> Tasks();
  void TurnWorld();  // health checks, programs that end

  SeededRandom random_;
  runtime::SimScheduler scheduler_;
  Options options_;
  crypto::RootKey root_;
  std::unique_ptr<store::Database> database_ = store::Database::OpenInMemory();
  host::FakeNetwork network_;
  host::NetworkVerbs network_verbs_{network_};
  host::FakeContainerHost containers_{scheduler_.clock()};
  proxy::FakeProxyHost proxies_;
  database::FakeDatabaseHost databases_{scheduler_.clock()};
  FakeNodeHost node_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<Daemon> daemon_;
  runtime::HookId hook_ = 0;
  bool kill_ = false;
  int kills_ = 0, calls_ = 0;
};

}  // namespace terrarium::daemon
