#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "host/database/option.h"

namespace terrarium::database {

using Parameters = std::map<OptionName, OptionValue>;

// What a server must be, checked: each field is safe where it is rendered.
struct ServerSpec {
  std::string id;
  std::string engine_version;
  std::string network_namespace;  // a name; empty: this machine's own
  std::string address;            // IPv4, canonical
  int port = 3306;
  std::string endpoint;
  std::string certificate_authority;
  std::int64_t memory_mib = 1024;
  std::int64_t cpu_units = 0;     // 0: no limit
  std::int64_t buffer_pool_mib = 128;
  std::int64_t max_connections = 66;
  std::int64_t temporary_mib = 256;
  std::int64_t server_id = 1;
  bool encrypted = false;
  bool performance_schema = false;
  Parameters parameters;

  // Every field again, whoever sent it. Fails with the field's name.
  Status Check() const;
  Json ToJson() const;
  static Result<ServerSpec> FromJson(const Json& json);  // and checks
  friend bool operator==(const ServerSpec&, const ServerSpec&) = default;
};

// Names that become file names: [a-z][a-z0-9-]*, no more than `longest`.
Status CheckName(std::string_view what, std::string_view name, std::size_t longest);
// RDS: 1 to 32 letters, digits or underscores, beginning with a letter, not reserved.
Status CheckMasterUser(std::string_view user);
// RDS for MySQL: 8 to 41 printable ASCII characters but '/', '"', '@' and blank. The text never repeats the password.
Status CheckMasterPassword(std::string_view password);
// RDS: 1 to 64 letters, digits, underscores or hyphens, beginning with a letter.
Status CheckDatabaseName(std::string_view name);

}  // namespace terrarium::database
