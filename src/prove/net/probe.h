#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/unique_fd.h"

// Packets from inside: sockets that are opened in a network namespace of this machine. Needs root.
namespace terrarium::prove {

enum class Reach : unsigned char {
  kOpen,      // connected
  kRefused,   // a reset came back: the packet was let through, nobody listens
  kTimedOut,  // nothing came back
  kNoRoute,   // the sender's own kernel knows no way
};

struct Probe {
  Ipv4 address{};
  int port = 0;
  std::optional<Ipv4> from{};  // of several addresses of the sender, this one
  Reach reach = Reach::kTimedOut;  // the answer
};

std::string_view WordOf(Reach reach);

// All at once from one namespace (its name below /run/netns; empty is this process's own); each has its `reach` afterwards.
Status RunProbes(const std::string& netns, std::vector<Probe>& probes, Millis timeout);

// Sockets that listen in a namespace on each of these ports where none does yet, so that what is let through is answered.
Result<std::vector<UniqueFd>> Listen(const std::string& netns, const std::vector<int>& ports);

// One connection from there, blocking with that time-out for connecting and for each read and write.
Result<UniqueFd> ConnectFrom(const std::string& netns, Ipv4 address, int port, Millis timeout);

// Whether the routes of the host's own namespace lead to `address` by anything more special than the default route.
Result<bool> HostHasRouteTo(Ipv4 address);

}  // namespace terrarium::prove
