#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace terrarium::cli {

// Whether one end may open a TCP connection to a port of another, read from the configuration that the EC2 API shows: security groups, network
// ACLs and routes, each step with the rule that decides. No packet is sent.
struct Reach {
  struct Step {
    bool allows = false;
    std::string text;
  };
  std::string from{}, to{};  // as shown: "task 9c41e2d0 10.0.1.10"
  bool reachable = false;
  std::vector<Step> steps{};
  std::string fix{};
};

// An end: task, db, alb, internet, the beginning of a task's id, an interface's id, or an IPv4 address.
Answer<Reach> ExplainReach(Session& session, const std::string& from, const std::string& to, int port);

}  // namespace terrarium::cli
