#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "node/world.h"
#include "runtime/loop.h"

namespace terrarium::node {

// The answer to one query from inside a VPC. Names that the snapshot has are answered from it (AAAA: none, for there is no IPv6);
// all others are refused: this resolver knows the stack, not the internet. Empty: no answer is owed to such bytes.
std::string AnswerDns(const World& world, std::string_view vpc, std::string_view query);

// The VPC's resolver at its base address plus two: one socket for UDP. The socket tells the VPC.
class DnsServer {
 public:
  DnsServer(runtime::Loop& loop, UniqueFd socket, std::string vpc, const std::unique_ptr<const World>& world);

 private:
  void OnReadable();

  UniqueFd socket_;
  std::string vpc_;
  const std::unique_ptr<const World>& world_;
  runtime::Watch watch_;
};

}  // namespace terrarium::node
