#include <cstdio>

#include "codec/row_codec.h"
#include "host/container/spec.h"

namespace terrarium::host {

std::string SpecHash(const gen::host_container::ContainerSpec& spec) {
  Arena arena;
  gen::host_container::ContainerSpec copy = spec;
  copy.generation.reset();
  copy.secrets = {};
  for (const auto& s : spec.secrets) copy.secrets.Add(arena).name = s.name;
  std::uint64_t h = 14695981039346656037ULL;
  for (unsigned char c : codec::ToRow(copy)) h = (h ^ c) * 1099511628211ULL;
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(h));
  return out;
}

}  // namespace terrarium::host
