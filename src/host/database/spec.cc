#include "host/database/spec.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace terrarium::database {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

std::unexpected<Error> Wrong(std::string_view field, std::string_view rule) {
  return Fail(ErrorKind::kInvalid, "database server: " + std::string(field) + " " + std::string(rule));
}

Status CheckRange(std::string_view field, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (value >= least && value <= most) return {};
  return Wrong(field, "must be from " + std::to_string(least) + " to " + std::to_string(most));
}

Status CheckAddress(std::string_view address) {
  in_addr parsed{};
  char back[INET_ADDRSTRLEN];
  if (::inet_pton(AF_INET, std::string(address).c_str(), &parsed) != 1 ||
      ::inet_ntop(AF_INET, &parsed, back, sizeof back) == nullptr || address != back || parsed.s_addr == INADDR_ANY) {
    return Wrong("address", "must be one IPv4 address");
  }
  return {};
}

Status CheckVersion(std::string_view version) {
  const auto parts = Split(version, '.');
  const bool ok = parts.size() == 3 && version.size() <= 16 && std::ranges::all_of(parts, [](std::string_view p) {
    return !p.empty() && std::ranges::all_of(p, IsDigit);
  });
  return ok ? Status{} : Wrong("engine_version", "must be like 9.7.4");
}

// Letters, digits, hyphens and dots: a DNS name.
Status CheckHostName(std::string_view name) {
  const bool ok = !name.empty() && name.size() <= 253 && name.front() != '.' && name.front() != '-' &&
                  name.find("..") == std::string_view::npos &&
                  std::ranges::all_of(name, [](char c) { return IsLower(c) || IsDigit(c) || c == '-' || c == '.'; });
  return ok ? Status{} : Wrong("endpoint", "must be a DNS name");
}

Status CheckNamespace(std::string_view name) {
  const bool ok = name.size() <= 64 && std::ranges::all_of(name, [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
  return ok ? Status{} : Wrong("network_namespace", "must be a name of lower-case letters, digits and hyphens");
}

}  // namespace

Status CheckName(std::string_view what, std::string_view name, std::size_t longest) {
  const bool ok = !name.empty() && name.size() <= longest && IsLower(name[0]) &&
                  std::ranges::all_of(name, [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
  return ok ? Status{} : Wrong(what, "must begin with a lower-case letter and hold lower-case letters, digits and hyphens only");
}

Status CheckMasterUser(std::string_view user) {
  static constexpr std::array<std::string_view, 8> kReserved = {"rdsadmin", "rdsrepladmin", "rdsproxyadmin", "root", "mysql.sys",
                                                                "mysql.session", "mysql.infoschema", "public"};
  const bool ok = !user.empty() && user.size() <= 32 && IsLetter(user[0]) &&
                  std::ranges::all_of(user, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
  if (!ok) return Wrong("master user", "must be 1 to 32 letters, digits or underscores and begin with a letter");
  if (std::ranges::find(kReserved, ToLower(user)) != kReserved.end()) return Wrong("master user", "is a reserved word");
  return {};
}

Status CheckMasterPassword(std::string_view password) {
  const bool ok = password.size() >= 8 && password.size() <= 41 && std::ranges::all_of(password, [](char c) {
    return c > ' ' && c < 0x7f && c != '/' && c != '"' && c != '@';
  });
  return ok ? Status{} : Wrong("master password", "must be 8 to 41 printable ASCII characters besides '/', '@', '\"' and blank");
}

Status CheckDatabaseName(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kReserved = {"mysql", "sys", "information_schema", "performance_schema"};
  const bool ok = !name.empty() && name.size() <= 64 && IsLetter(name[0]) &&
                  std::ranges::all_of(name, [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-'; });
  if (!ok) return Wrong("database name", "must be 1 to 64 letters, digits, underscores or hyphens and begin with a letter");
  if (std::ranges::find(kReserved, ToLower(name)) != kReserved.end()) return Wrong("database name", "is a reserved word");
  return {};
}

Status ServerSpec::Check() const {
  TRY(CheckName("id", id, 63));
  TRY(CheckVersion(engine_version));
  TRY(CheckNamespace(network_namespace));
  TRY(CheckAddress(address));
  TRY(CheckRange("port", port, 1, 65535));
  TRY(CheckHostName(endpoint));
  TRY(CheckName("certificate_authority", certificate_authority, 40));
  TRY(CheckRange("memory_mib", memory_mib, 400, 1 << 22));
  TRY(CheckRange("cpu_units", cpu_units, 0, 1 << 20));
  TRY(CheckRange("buffer_pool_mib", buffer_pool_mib, 5, memory_mib));
  TRY(CheckRange("max_connections", max_connections, 1, 100'000));
  TRY(CheckRange("temporary_mib", temporary_mib, 16, memory_mib));
  return CheckRange("server_id", server_id, 1, 4'294'967'295);
}

Json ServerSpec::ToJson() const {
  Json out;
  out.Set("id", id);
  out.Set("engine_version", engine_version);
  out.Set("network_namespace", network_namespace);
  out.Set("address", address);
  out.Set("port", port);
  out.Set("endpoint", endpoint);
  out.Set("certificate_authority", certificate_authority);
  out.Set("memory_mib", memory_mib);
  out.Set("cpu_units", cpu_units);
  out.Set("buffer_pool_mib", buffer_pool_mib);
  out.Set("max_connections", max_connections);
  out.Set("temporary_mib", temporary_mib);
  out.Set("server_id", server_id);
  out.Set("encrypted", encrypted);
  out.Set("performance_schema", performance_schema);
  Json list{Json::Object{}};
  for (const auto& [name, value] : parameters) list.Set(name.text(), value.text());
  out.Set("parameters", std::move(list));
  return out;
}

Result<ServerSpec> ServerSpec::FromJson(const Json& json) {
  ServerSpec spec;
  spec.id = json["id"].string();
  spec.engine_version = json["engine_version"].string();
  spec.network_namespace = json["network_namespace"].string();
  spec.address = json["address"].string();
  spec.port = static_cast<int>(json["port"].integer());
  spec.endpoint = json["endpoint"].string();
  spec.certificate_authority = json["certificate_authority"].string();
  spec.memory_mib = json["memory_mib"].integer();
  spec.cpu_units = json["cpu_units"].integer();
  spec.buffer_pool_mib = json["buffer_pool_mib"].integer();
  spec.max_connections = json["max_connections"].integer();
  spec.temporary_mib = json["temporary_mib"].integer();
  spec.server_id = json["server_id"].integer();
  spec.encrypted = json["encrypted"].boolean();
  spec.performance_schema = json["performance_schema"].boolean();
  for (const auto& [key, item] : json["parameters"].object()) {
    TRY_ASSIGN(OptionName name, OptionName::From(key));
    TRY_ASSIGN(OptionValue value, OptionValue::From(item.string()));
    spec.parameters.emplace(std::move(name), std::move(value));
  }
  TRY(spec.Check());
  return spec;
}

}  // namespace terrarium::database
