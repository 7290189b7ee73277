#include "daemon/engine.h"

#include <unistd.h>

#include <csignal>

#include "api/dispatcher.h"
#include "base/file.h"
#include "base/log.h"
#include "control/runner.h"
#include "crypto/root_key.h"
#include "daemon/api_handler.h"
#include "daemon/services.h"
#include "daemon/signed_caller.h"
#include "host/verb_socket.h"
#include "registry/registry_handler.h"
#include "runtime/blocking.h"
#include "runtime/loop.h"
#include "runtime/unix_socket.h"
#include "services/iam/access_keys.h"
#include "wire/server.h"

namespace terrarium::daemon {
namespace {

constexpr std::size_t kThreads = 24;  // calls to terrarium-host in flight
constexpr Millis kIdleLook{1'000};

// The root user's key pair, made at the first start and kept where only this user reads it; `terrarium env` hands it to who may.
Status EnsureRootCredentials(const Options& options, store::Database& database, Random& random, const crypto::RootKey& root, const Clock& clock) {
  const auto made = database.Write([&](store::Tx& tx) -> Result<std::optional<iam::NewAccessKey>> { return iam::MakeRootAccessKey(tx, random, root, options.account, clock.Now()); });
  if (!made) return std::unexpected(made.error());
  if (*made) TRY(WriteFileAtomically(options.RootCredentialsPath(), "[default]\naws_access_key_id = " + (*made)->id + "\naws_secret_access_key = " + (*made)->secret + "\n", 0600));
  if (!database.EndTurn()) return Fail(ErrorKind::kUnavailable, "the state cannot be written", database.failure());
  return {};
}

}  // namespace

Status RunEngine(const Options& options) {
  TRY_ASSIGN(const auto loop, runtime::Loop::Create());
  TRY_ASSIGN(const auto signals, loop->OnSignals({SIGTERM, SIGINT}, [&](int) { loop->Stop(); }));
  SystemClock clock;
  SystemRandom random;
  auto opened = store::Database::Open(options.DatabasePath());
  if (!opened) return std::unexpected(opened.error());
  store::Database& database = **opened;
  TRY_ASSIGN(const crypto::RootKey root, crypto::RootKey::Load(options.RootKeyPath(), random, ::access(options.RootCredentialsPath().c_str(), F_OK) != 0));
  TRY(EnsureRootCredentials(options, database, random, root, clock));

  host::VerbSocket host(options.HostSocket());
  runtime::ThreadPool blocking(*loop, kThreads);
  control::Runner runner(*loop, database, clock, kThreads);
  iam::Authority authority(clock, root);
  Services services({options, database, clock, random, root, host, blocking, authority, runner});
  TRY(services.Open());
  api::Registry registry;
  services.AddOperations(registry);

  SignedCaller signed_caller(authority, clock);
  api::Dispatcher dispatcher(registry, database, signed_caller, authority, clock, random);
  ApiHandler api(dispatcher);
  registry::RegistryHandler images(database, services.blobs(), authority, root, clock, random);

  bool durable = true;
  loop->AddTurnHook(runtime::TurnPhase::kCommit, [&] { durable = database.EndTurn(); });
  wire::ServerOptions server_options;
  server_options.hosts.push_back("198.18.0.2");  // the API as tasks reach it
  server_options.turn_durable = [&] { return durable; };
  wire::Server server(*loop, clock, std::move(server_options), [&](const wire::RequestHead& head) -> wire::HttpHandler& {
    if (head.path == "/v2" || head.path.starts_with("/v2/")) return images;
    return api;
  });
  auto port = runtime::ListenTcp(options.listen, options.port);
  if (!port) return Fail(ErrorKind::kConflict, options.listen + ":" + std::to_string(options.port) + " is taken by another program", port.error().message);
  server.Listen(*std::move(port));
  TRY_ASSIGN(UniqueFd local, runtime::ListenUnix(options.run_dir + "/engine/api.sock", 0660));
  server.Listen(std::move(local));
  TRY(WriteFileAtomically(options.run_dir + "/engine/terrariumd.pid", std::to_string(::getpid()) + "\n", 0644));

  services.AddReconcilers(runner);
  runner.Start();
  std::function<void()> look = [&] {
    database.Checkpoint(runner.idle());
    loop->At(loop->Now() + kIdleLook, [&] { look(); });
  };
  look();
  LogInfo("terrariumd", "serving http://" + options.listen + ":" + std::to_string(options.port) + ", account " + options.account);
  loop->Run();
  database.EndTurn();
  return {};
}

}  // namespace terrarium::daemon
