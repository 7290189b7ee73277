#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "host/verb.h"

namespace terrarium::host {

inline constexpr std::size_t kMostFrameBytes = 16u << 20;

// The socket of terrarium-host seen from terrariumd. Callable from many threads: each exchange has a connection of its own while it lasts.
class VerbSocket final : public VerbChannel {
 public:
  explicit VerbSocket(std::string path) : path_(std::move(path)) {}
  Result<std::string> Exchange(std::string_view verb, std::string_view request) override;

 private:
  std::string path_;
  std::mutex mutex_;
  std::vector<UniqueFd> free_;
};

// Serves one connection until the peer closes it. Blocking; for a thread of its own. A peer that is not `allowed` is turned away.
void ServeVerbs(UniqueFd connection, uid_t allowed, const VerbTable& table);

}  // namespace terrarium::host
