#include "drivers/podman/oci_config.h"

#include "base/json.h"

namespace terrarium::podman {

Result<std::string> EnvironmentName(std::string_view config) {
  TRY_ASSIGN(const Json root, Json::Parse(config));
  return root["annotations"]["terrarium.environment"].string();
}

Result<std::string> CgroupPath(std::string_view config) {
  TRY_ASSIGN(const Json root, Json::Parse(config));
  return root["linux"]["cgroupsPath"].string();
}

namespace {

std::int64_t Mapped(const Json& mappings, std::int64_t id) {
  if (!mappings.is_array() || mappings.array().empty()) return id;  // no user namespace
  for (const Json& m : mappings.array()) {
    const std::int64_t first = m["containerID"].integer();
    if (id >= first && id - first < m["size"].integer()) return m["hostID"].integer() + id - first;
  }
  return -1;
}

}  // namespace

Result<HostUser> ProgramUser(std::string_view config) {
  TRY_ASSIGN(const Json root, Json::Parse(config));
  const Json& user = root["process"]["user"];
  return HostUser{Mapped(root["linux"]["uidMappings"], user["uid"].integer()), Mapped(root["linux"]["gidMappings"], user["gid"].integer())};
}

Result<std::string> RewriteOciConfig(std::string_view config, std::string_view environment) {
  TRY_ASSIGN(Json root, Json::Parse(config));
  TRY_ASSIGN(const Json wanted, Json::Parse(environment));
  if (!root["process"].is_object() || !wanted.is_object()) return Fail(ErrorKind::kInvalid, "not a runtime configuration");
  Json env{Json::Array{}};
  for (const Json& e : root["process"]["env"].array()) {
    if (!wanted.Has(e.string().substr(0, e.string().find('=')))) env.Append(e);
  }
  for (const auto& [name, value] : wanted.object()) env.Append(Json(name + "=" + value.string()));
  Json process = root["process"];
  process.Set("env", std::move(env));
  root.Set("process", std::move(process));
  root.Remove("annotations");
  return root.Write();
}

std::optional<std::string> StateWithoutNetwork(std::string_view state) {
  auto root = Json::Parse(state);
  if (!root || !(*root)["config"]["namespaces"].is_array()) return std::nullopt;
  Json namespaces{Json::Array{}};
  for (const Json& n : (*root)["config"]["namespaces"].array()) {
    if (n["type"].string() != "NEWNET") namespaces.Append(n);
  }
  if (namespaces.array().size() == (*root)["config"]["namespaces"].array().size()) return std::nullopt;
  Json config = (*root)["config"];
  config.Set("namespaces", std::move(namespaces));
  root->Set("config", std::move(config));
  return root->Write();
}

}  // namespace terrarium::podman
