#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace terrarium::rds {

// An instance class as limits of one server.
struct Size {
  std::int32_t memory_mib, buffer_pool_mib, max_connections, cpu_units;
};
inline std::optional<Size> SizeOf(std::string_view instance_class) {
  struct Row {
    std::string_view suffix;
    std::int32_t gib;
  };
  std::string_view size;
  for (const std::string_view family : {"db.t3", "db.t4g"}) {
    if (instance_class.starts_with(family)) size = instance_class.substr(family.size());
  }
  for (const Row& row : {Row{".micro", 1}, Row{".small", 2}, Row{".medium", 4}, Row{".large", 8}}) {
    if (size != row.suffix) continue;
    // RDS gives InnoDB three quarters of what its own agents leave; a quarter or a half leaves the same room below one hard limit.
    return Size{row.gib * 1024, row.gib == 1 ? 256 : row.gib * 512, row.gib * 85, 2048};
  }
  return std::nullopt;
}

}  // namespace terrarium::rds
