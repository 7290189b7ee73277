#include <algorithm>
#include <iterator>
#include <thread>

#include "base/text.h"
#include "prove/claims/claims.h"
#include "prove/net/probe.h"
#include "prove/net/stations.h"
#include "prove/waiting.h"
#include "prove/words.h"

namespace terrarium::prove {
namespace {

constexpr Millis kTimeout{3'000};
constexpr std::size_t kMostEvidence = 40;

struct Cell {
  const Station* from;
  const Station* to;
  int port;
  bool allowed;
};

// What the stack's design forbids, whatever its rules say: a rule too many is found by this, not by the oracle.
bool DesignForbids(const Cell& cell, const StackPorts& ports) {
  const Part from = cell.from->part, to = cell.to->part;
  if (to == Part::kDatabase) return !(from == Part::kTask && cell.port == ports.database);
  if (from == Part::kDatabase) return true;
  if (to == Part::kTask) return !(from == Part::kBalancer && cell.port == ports.container);
  if (to == Part::kBalancer) return std::ranges::find(ports.listeners, cell.port) == ports.listeners.end();
  return false;
}

// And what it needs.
bool DesignNeeds(const Cell& cell, const StackPorts& ports) {
  const Part from = cell.from->part, to = cell.to->part;
  if (from == Part::kInternet && to == Part::kBalancer) return std::ranges::find(ports.listeners, cell.port) != ports.listeners.end();
  if (from == Part::kBalancer && to == Part::kTask) return cell.port == ports.container;
  return from == Part::kTask && to == Part::kDatabase && cell.port == ports.database;
}

std::string Name(const Cell& cell) { return cell.from->name + " -> " + cell.to->name + " tcp " + std::to_string(cell.port); }

}  // namespace

// Every pair of stations, every port: what both ends' rules allow connects, everything else times out.
Result<Finding> ProveIsolation(Context& context) {
  TRY_ASSIGN([[maybe_unused]] const ServiceState before, SteadyService(context));
  TRY_ASSIGN(const OtherStation other, OtherStation::Create(context));
  TRY_ASSIGN(const Network network, LookAtNetwork(context, other.interface_id()));
  const auto& stations = network.stations;
  std::vector<int> ports = {22, 443, 8080, network.ports.container, network.ports.database};
  ports.insert(ports.end(), network.ports.listeners.begin(), network.ports.listeners.end());
  std::ranges::sort(ports);
  ports.erase(std::ranges::unique(ports).begin(), ports.end());

  std::vector<UniqueFd> listeners;
  std::vector<Status> listening(stations.size());
  for (std::size_t i = 0; i < stations.size(); ++i) {
    if (stations[i].part == Part::kInternet) continue;
    auto some = Listen(stations[i].netns, ports);
    if (some) std::ranges::move(*some, std::back_inserter(listeners));
    else listening[i] = std::unexpected(std::move(some).error());
  }
  context.progress("connects from " + std::to_string(stations.size()) + " stations to " + std::to_string(ports.size()) + " ports each");
  std::vector<std::vector<Cell>> cells(stations.size());
  std::vector<std::vector<Probe>> probes(stations.size());
  std::vector<Status> outcomes(stations.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    for (const auto& to : stations) {
      if (&to == &stations[i] || to.part == Part::kInternet) continue;
      const bool from_internet = stations[i].part == Part::kInternet;
      for (const int port : ports) {
        cells[i].push_back({&stations[i], &to, port, Allows(network.rules, stations[i], to, port)});
        probes[i].push_back({.address = from_internet && to.public_address ? *to.public_address : to.address, .port = port,
                             .from = from_internet ? std::optional(stations[i].address) : std::nullopt});
      }
    }
    threads.emplace_back([&, i] { outcomes[i] = RunProbes(stations[i].netns, probes[i], kTimeout); });
  }
  for (auto& thread : threads) thread.join();
  // An interface that went meanwhile, as an ended task's does, proves nothing about rules.
  TRY_ASSIGN(const Network after, LookAtNetwork(context, other.interface_id()));
  const auto stays = [&](const Station& station) {
    return station.part == Part::kInternet || std::ranges::any_of(after.stations, [&](const Station& s) { return s.interface_id == station.interface_id; });
  };

  Finding finding;
  int allowed = 0, forbidden = 0, open = 0, dropped = 0, by_design = 0;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    if (!stays(stations[i])) continue;
    TRY(listening[i]);
    TRY(outcomes[i]);
    for (std::size_t k = 0; k < cells[i].size(); ++k) {
      const Cell& cell = cells[i][k];
      if (!stays(*cell.to)) continue;
      const Reach reach = probes[i][k].reach;
      (cell.allowed ? allowed : forbidden) += 1;
      // From the internet to an address that it has no way to, no route is what keeps it out; inside a VPC only silence is.
      const bool silent = reach == Reach::kTimedOut || (reach == Reach::kNoRoute && cell.from->part == Part::kInternet && !cell.to->public_address);
      if (cell.allowed ? reach == Reach::kOpen : silent) {
        (cell.allowed ? open : dropped) += 1;
      } else {
        finding.evidence.push_back(Name(cell) + ": " + std::string(WordOf(reach)) + ", but the rules " + (cell.allowed ? "allow it" : "forbid it"));
      }
      const bool through = reach == Reach::kOpen || reach == Reach::kRefused;
      if (DesignForbids(cell, network.ports) && (through || cell.allowed)) {
        ++by_design;
        finding.evidence.push_back(Name(cell) + ": " + std::string(WordOf(reach)) + ", which this stack must never allow");
      }
      if (DesignNeeds(cell, network.ports) && reach != Reach::kOpen) {
        ++by_design;
        finding.evidence.push_back(Name(cell) + ": " + std::string(WordOf(reach)) + ", which this stack needs");
      }
    }
  }
  // The machine itself, which is in no VPC: no route leads there, so that no packet needs to be sent out to find that none arrives.
  int host_routes = 0;
  for (const auto& to : stations) {
    if (to.part == Part::kInternet) continue;
    TRY_ASSIGN(const bool route, HostHasRouteTo(to.address));
    if (!route) continue;
    ++host_routes;
    finding.evidence.push_back("the host has a route to " + to.name);
  }
  if (finding.evidence.size() > kMostEvidence) {
    const std::string more = std::to_string(finding.evidence.size() - kMostEvidence) + " more";
    finding.evidence.resize(kMostEvidence);
    finding.evidence.push_back(more);
  }
  finding.experiment = std::to_string(forbidden) + " forbidden, " + std::to_string(allowed) + " allowed connects between " + std::to_string(stations.size()) + " stations; routes of the host";
  finding.measured = std::to_string(dropped) + " timed out, " + std::to_string(open) + " open, " + std::to_string(by_design) + " against the design, " + std::to_string(host_routes) + " routes of the host";
  finding.limit = "all, all, 0, 0";
  Json::Array names;
  for (const auto& station : stations) names.push_back(Json(station.name));
  finding.values = Object({{"stations", Json(std::move(names))}, {"forbidden", forbidden}, {"timed_out", dropped}, {"allowed", allowed}, {"open", open}, {"against_design", by_design}, {"host_routes", host_routes}});
  finding.verdict = finding.evidence.empty() && allowed > 0 && forbidden > 0 ? Verdict::kProved : Verdict::kRefuted;
  return finding;
}

}  // namespace terrarium::prove
