#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace terrarium::cli {

// One part of a stack as the API shows it now.
struct Part {
  std::string name{};              // "site", "deployment", "tasks", "targets", "database"
  enum class State : unsigned char { kAsAsked, kNotAsAsked, kAbsent, kUnknown } state = State::kAbsent;
  std::string text{};
  std::vector<std::string> more{};  // further lines
  Json facts{};                     // for --json
};
std::string_view StateName(Part::State state);

struct StackView {
  std::vector<Part> parts;
  std::string url;                 // of the site; empty without a load balancer
  Json service, target_group, database, load_balancer;  // null where absent
  Json::Array tasks, health;       // running tasks; TargetHealthDescriptions

  int not_as_asked() const;
  bool nothing_there() const;      // no part exists
  const Part* First(Part::State state) const;
};

// Calls that only read, and one GET of the site.
Answer<StackView> LookAtStack(Session& session);

// Pieces of it that other commands ask for alone; null JSON where absent.
Answer<Json> FindService(Session& session, const std::string& cluster, const std::string& service);
Answer<Json> FindDatabase(Session& session, const std::string& name);
Answer<Json> FindLoadBalancer(Session& session, const std::string& name);
Answer<Json::Array> RunningTasks(Session& session, const std::string& cluster, const std::string& service);
Answer<Json> FindTaskDefinition(Session& session, const std::string& arn);
// Where a browser reaches that load balancer; empty if it is internal.
Answer<std::string> UrlOf(Session& session, const Json& load_balancer);

// "drupal:3f9c1e2" of a whole image reference; a digest is shortened to 12 digits.
std::string ShortImage(std::string_view reference);
// The private address of a task, empty while it has none.
std::string AddressOf(const Json& task);
const Json& PrimaryOf(const Json& service);
// One of its own kind whose identifier is this: the error's code says that it is not there.
bool IsAbsent(const Problem& problem);

}  // namespace terrarium::cli
