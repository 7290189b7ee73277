#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace terrarium::cli {

// Why a resource is as it is: the verdict, causes from symptom to root with the call that shows each, what was ruled out, the effect, one command.
struct Explanation {
  struct Cause {
    std::string text;
    std::string source;  // "ecs:DescribeTasks"
  };
  std::string resource{};
  std::string verdict{};
  bool as_asked = false;
  std::vector<Cause> because{};
  std::vector<std::string> ruled_out{};
  std::string effect{};
  std::string fix{};
};

Answer<Explanation> ExplainService(Session& session, const std::string& cluster, const std::string& service);
Answer<Explanation> ExplainTask(Session& session, const std::string& cluster, const std::string& arn);
Answer<Explanation> ExplainTargets(Session& session, const Json& target_group);
Answer<Explanation> ExplainLoadBalancer(Session& session, const Json& load_balancer);
Answer<Explanation> ExplainDatabase(Session& session, const Json& database);

}  // namespace terrarium::cli
