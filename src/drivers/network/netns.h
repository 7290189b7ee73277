#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium::network {

inline constexpr const char* kNetnsFolder = "/run/netns";

std::string NetnsPath(const std::string& name);

// While it lives, the calling thread is in another network namespace. Sockets opened meanwhile stay there.
class NetnsScope {
 public:
  static Result<NetnsScope> Enter(const std::string& name);  // kNotFound if there is none of that name
  NetnsScope(NetnsScope&&) = default;
  NetnsScope& operator=(NetnsScope&&) = delete;
  ~NetnsScope();

 private:
  explicit NetnsScope(UniqueFd back) : back_(std::move(back)) {}
  UniqueFd back_;
};

// A descriptor of that namespace; kNotFound also where the name is left over from a mount that is gone.
Result<UniqueFd> OpenNetns(const std::string& name);

// A namespace of that name exists and has these sysctls ("ipv4/ip_forward", "1"), set before any interface can exist in it.
struct Sysctl {
  const char* path;  // below /proc/sys/net
  const char* value;
};
Status EnsureNetns(const std::string& name, const std::vector<Sysctl>& sysctls);

// Takes the name away. The namespace itself lives on while a process or socket is in it, so its links are to be deleted first.
Status RemoveNetns(const std::string& name);

// Names that start so, mounted or left over.
Result<std::vector<std::string>> ListNetns(std::string_view prefix);

}  // namespace terrarium::network
