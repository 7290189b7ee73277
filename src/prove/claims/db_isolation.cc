#include <algorithm>
#include <thread>

#include "prove/claims/claims.h"
#include "prove/net/mysql.h"
#include "prove/net/probe.h"
#include "prove/net/stations.h"
#include "prove/waiting.h"

namespace terrarium::prove {
namespace {

constexpr Millis kTimeout{3'000};
constexpr int kNeedsTls = 3159;  // ER_SECURE_TRANSPORT_REQUIRED

}  // namespace

// Tasks, and nobody else, reach the database; and they only log in over TLS.
Result<Finding> ProveDatabaseIsolation(Context& context) {
  Stack& stack = context.stack;
  const auto databases = stack.Call("rds", "DescribeDBInstances", Object({{"DBInstanceIdentifier", stack.name()}}));
  if (!databases || (*databases)["DBInstances"].array().empty())
    return Finding{.verdict = Verdict::kNotRun, .experiment = "logins from every station", .measured = "not run: the stack has no database " + stack.name() + (databases ? "" : " (" + databases.error().message + ")")};
  const Json& database = (*databases)["DBInstances"].array()[0];
  TRY_ASSIGN(const Json secret, stack.Call("secretsmanager", "GetSecretValue", Object({{"SecretId", database["MasterUserSecret"]["SecretArn"]}})));
  TRY_ASSIGN(const Json login, Json::Parse(secret["SecretString"].string()));
  TRY_ASSIGN(const OtherStation other, OtherStation::Create(context));
  TRY_ASSIGN(const Network network, LookAtNetwork(context, other.interface_id()));
  const auto& stations = network.stations;
  const int port = network.ports.database;
  std::vector<const Station*> servers;
  for (const auto& one : stations)
    if (one.part == Part::kDatabase) servers.push_back(&one);
  if (servers.empty()) return Fail(ErrorKind::kNotFound, "no interface of the database was found on this machine");

  Finding finding;
  // A standby has an interface, too, and may listen or not: whoever reaches the port of any of them must be a task.
  std::vector<std::vector<Probe>> probes(stations.size());
  std::vector<Status> outcomes(stations.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    if (stations[i].part == Part::kDatabase || stations[i].part == Part::kTask) continue;
    for (const auto* server : servers)
      probes[i].push_back({.address = server->address, .port = port, .from = stations[i].part == Part::kInternet ? std::optional(stations[i].address) : std::nullopt});
    threads.emplace_back([&, i] { outcomes[i] = RunProbes(stations[i].netns, probes[i], kTimeout); });
  }
  for (auto& thread : threads) thread.join();
  int kept_out = 0, came_in = 0, with_tls = 0, refused = 0, tasks = 0;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    TRY(outcomes[i]);
    for (const auto& probe : probes[i]) {
      const bool silent = probe.reach == Reach::kTimedOut || (probe.reach == Reach::kNoRoute && stations[i].part == Part::kInternet);
      (silent ? kept_out : came_in) += 1;
      if (!silent) finding.evidence.push_back(stations[i].name + " -> database tcp " + std::to_string(port) + ": " + std::string(WordOf(probe.reach)));
    }
  }
  for (const auto* server : servers) {
    TRY_ASSIGN(const bool route, HostHasRouteTo(server->address));
    (route ? came_in : kept_out) += 1;
    if (route) finding.evidence.push_back("the host has a route to the database");
  }

  std::string version, tls;
  for (const auto& task : stations) {
    if (task.part != Part::kTask) continue;
    ++tasks;
    bool served = false;
    for (const auto* server : servers) {
      auto first = ConnectFrom(task.netns, server->address, port, kTimeout);
      if (!first) continue;
      served = true;
      const auto encrypted = LogIn(std::move(*first), login["username"].string(), login["password"].string(), Tls::kYes);
      if (encrypted && encrypted->accepted) {
        ++with_tls;
        version = encrypted->version;
        tls = encrypted->tls;
      } else {
        finding.evidence.push_back(task.name + " over TLS: " + (encrypted ? std::to_string(encrypted->error) + " " + encrypted->message : encrypted.error().message));
      }
      auto second = ConnectFrom(task.netns, server->address, port, kTimeout);
      if (!second) {
        finding.evidence.push_back(task.name + ": " + second.error().message);
        continue;
      }
      const auto plain = LogIn(std::move(*second), login["username"].string(), login["password"].string(), Tls::kNo);
      if (plain && !plain->accepted && plain->error == kNeedsTls) {
        ++refused;
      } else {
        finding.evidence.push_back(task.name + " without TLS: " + (!plain ? plain.error().message : plain->accepted ? "let in" : std::to_string(plain->error) + " " + plain->message + ", wanted error 3159"));
      }
    }
    if (!served) finding.evidence.push_back(task.name + " reaches no interface of the database on port " + std::to_string(port));
  }
  finding.experiment = "logins from " + std::to_string(tasks) + " tasks with and without TLS; connects from internet, load balancer, other group and host";
  finding.measured = "MySQL " + version + ": " + std::to_string(with_tls) + " logins over " + tls + ", " + std::to_string(refused) + " without TLS refused by error 3159; " + std::to_string(kept_out) + " of " +
                     std::to_string(kept_out + came_in) + " others kept out";
  finding.limit = "tasks only, TLS only";
  finding.values = Object({{"tasks", tasks}, {"logins_over_tls", with_tls}, {"refused_without_tls", refused}, {"kept_out", kept_out}, {"came_in", came_in}, {"server", version}, {"tls", tls}});
  finding.verdict = finding.evidence.empty() && tasks > 0 && with_tls >= tasks && refused >= tasks && kept_out > 0 ? Verdict::kProved : Verdict::kRefuted;
  return finding;
}

}  // namespace terrarium::prove
