#pragma once

#include <string>
#include <vector>

#include "prove/claim.h"
#include "prove/net/rules.h"

namespace terrarium::prove {

struct StackPorts {
  std::vector<int> listeners{};
  int container = 80;
  int database = 3306;
};

struct Network {
  std::vector<Station> stations{};
  std::vector<Rule> rules{};
  StackPorts ports{};
};

// An interface of a security group of its own in a subnet of the tasks, with every way out: whoever else is in the VPC. Gone with the object.
class OtherStation {
 public:
  static Result<OtherStation> Create(Context& context);
  OtherStation(OtherStation&& other) noexcept : context_(std::exchange(other.context_, nullptr)), group_(std::move(other.group_)), interface_(std::move(other.interface_)) {}
  OtherStation& operator=(OtherStation&&) = delete;
  ~OtherStation();
  const std::string& interface_id() const { return interface_; }

 private:
  explicit OtherStation(Context& context) : context_(&context) {}
  Context* context_;
  std::string group_{}, interface_{};
};

// The stations of the stack's VPC: the internet, the load balancer's nodes, the tasks, the database, and `other`. Only those that have a
// namespace on this machine. Which is which follows from the security groups <name>-alb, <name>-task and <name>-database.
Result<Network> LookAtNetwork(Context& context, const std::string& other);

}  // namespace terrarium::prove
