#include "services/rds/ops.h"

namespace terrarium::rds {
namespace {

std::string KeyOf(const api::Call& call, std::string_view name) { return call.Key(ToLower(name)); }

Result<rows::ParameterGroup*> Get(const api::Call& call, Str name) { return GetParameterGroup(call.tx, call.arena, call.Key(""), name.view()); }
// One that may be changed.
Result<rows::ParameterGroup*> GetOwn(const api::Call& call, Str name) {
  TRY_ASSIGN(rows::ParameterGroup * row, Get(call, name));
  if (row->name.view().starts_with("default.")) return ApiError("InvalidDBParameterGroupState", "The default parameter group " + row->name.str() + " cannot be changed.", ErrorKind::kConflict);
  return row;
}

wire::DBParameterGroup WireGroup(const api::Call& call, const rows::ParameterGroup& row) {
  wire::DBParameterGroup out;
  out.db_parameter_group_name = row.name;
  out.db_parameter_group_family = row.family;
  out.description = row.description;
  out.db_parameter_group_arn = call.arena.Copy(ArnOf(call, "pg", row.name));
  return out;
}

const rows::Description* Describes(const rows::Engine& engine, std::string_view name) {
  for (const auto& one : engine.parameters) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

Status CheckMethod(const rows::Description* known, std::string_view name, std::string_view method) {
  if (known == nullptr) return InvalidValue("Could not find parameter with name: " + std::string(name));
  if (method != "immediate" && method != "pending-reboot") return InvalidValue("ApplyMethod must be immediate or pending-reboot.");
  if (method == "immediate" && !known->dynamic.value_or(false)) return InvalidCombination("cannot use immediate apply method for static parameter");
  return {};
}

// Within what DescribeDBParameters says is allowed. Formulas over the instance class are not evaluated, so they are refused.
Status CheckValue(const rows::Description& known, std::string_view value) {
  if (value.find('{') != std::string_view::npos) return Refused("The formula " + std::string(value) + " for " + known.name.str());
  const std::string_view allowed = known.allowed_values.view();
  const auto wrong = [&] { return InvalidValue("Invalid parameter value: " + std::string(value) + " for: " + known.name.str() + " allowed values are: " + std::string(allowed)); };
  if (known.data_type == "boolean") {
    for (const std::string_view one : {"0", "1", "on", "off", "true", "false"}) {
      if (EqualsIgnoreCase(value, one)) return {};
    }
    return wrong();
  }
  const auto dash = allowed.rfind('-');
  if (known.data_type != "integer" || dash == std::string_view::npos || dash == 0) return {};
  const auto number = ParseInt(value), least = ParseInt(allowed.substr(0, dash)), most = ParseInt(allowed.substr(dash + 1));
  if (!number && value.find_first_not_of("0123456789") != std::string_view::npos) return wrong();
  if (number && ((least && *number < *least) || (most && *number > *most))) return wrong();
  return {};
}

Result<wire::CreateDBParameterGroupResult*> Create(api::Call& call, const wire::CreateDBParameterGroupMessage& request) {
  const std::string name = ToLower(request.db_parameter_group_name.view());
  if (!IsIdentifier(name, 255) || name.starts_with("default")) return InvalidValue("The parameter DBParameterGroupName is not a valid identifier.");
  if (kParameterGroups.Exists(call.tx, call.Key(name))) return ApiError("DBParameterGroupAlreadyExists", "Parameter group " + name + " already exists", ErrorKind::kConflict);
  TRY(EnginesKnown(call.tx, call.arena));
  if (FindFamily(call.tx, call.arena, request.db_parameter_group_family.view()) == nullptr)
    return InvalidValue("ParameterGroupFamily " + request.db_parameter_group_family.str() + " is not a valid parameter group family");
  rows::ParameterGroup row;
  row.name = call.arena.Copy(name);
  row.family = request.db_parameter_group_family;
  row.description = request.description;
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, ArnOf(call, "pg", name)));
  kParameterGroups.Put(call.tx, call.Key(name), row);
  auto* out = call.arena.New<wire::CreateDBParameterGroupResult>();
  out->db_parameter_group = call.arena.New<wire::DBParameterGroup>();
  *out->db_parameter_group = WireGroup(call, row);
  return out;
}

Result<wire::DBParameterGroupsMessage*> Describe(api::Call& call, const wire::DescribeDBParameterGroupsMessage& request) {
  if (!request.filters.empty()) return Refused("Filters of DescribeDBParameterGroups");
  auto* out = call.arena.New<wire::DBParameterGroupsMessage>();
  out->db_parameter_groups.Present(call.arena);
  std::vector<rows::ParameterGroup*> all;
  if (!request.db_parameter_group_name.empty()) {
    TRY_ASSIGN(rows::ParameterGroup * one, Get(call, request.db_parameter_group_name));
    all.push_back(one);
  } else {
    for (rows::ParameterGroup* one : kParameterGroups.ListPrefix(call.tx, call.Key(""), call.arena)) all.push_back(one);
  }
  TRY_ASSIGN(const auto page, Page(all, request.max_records, request.marker, call.arena, out->marker, [](const auto* one) { return one->name.view(); }));
  for (const auto* one : page) out->db_parameter_groups.Add(call.arena, WireGroup(call, *one));
  return out;
}

Result<wire::DBParameterGroupNameMessage*> Named(api::Call& call, const rows::ParameterGroup& row) {
  kParameterGroups.Put(call.tx, call.Key(row.name), row);
  TouchUsers(call, row.name);
  auto* out = call.arena.New<wire::DBParameterGroupNameMessage>();
  out->db_parameter_group_name = row.name;
  return out;
}

Result<wire::DBParameterGroupNameMessage*> Modify(api::Call& call, const wire::ModifyDBParameterGroupMessage& request) {
  TRY_ASSIGN(rows::ParameterGroup * row, GetOwn(call, request.db_parameter_group_name));
  const rows::Engine* engine = FindFamily(call.tx, call.arena, row->family);
  if (engine == nullptr) return InvalidCombination("The parameter group's family is not installed.");
  if (request.parameters.size() > 20) return InvalidValue("At most 20 parameters can be modified at a time.");
  for (const auto& p : request.parameters) {
    const Str name = call.arena.Copy(ToLower(p.parameter_name.view()));
    const rows::Description* known = Describes(*engine, name);
    TRY(CheckMethod(known, name, p.apply_method.value_or("")));
    if (!known->modifiable.value_or(false)) return InvalidCombination("The parameter " + name.str() + " cannot be modified.");
    if (!p.parameter_value) return InvalidValue("ParameterValue is required for " + name.str());
    TRY(CheckValue(*known, p.parameter_value.view()));
    auto* kept = std::remove_if(row->taken_back.begin(), row->taken_back.end(), [&](const rows::Setting& t) { return t.name == name; });
    row->taken_back.count = static_cast<std::uint32_t>(kept - row->taken_back.begin());
    auto found = std::find_if(row->settings.begin(), row->settings.end(), [&](const auto& s) { return s.name == name; });
    rows::Setting& setting = found != row->settings.end() ? *found : row->settings.Add(call.arena);
    setting = {.name = name, .value = p.parameter_value, .method = p.apply_method};
  }
  return Named(call, *row);
}

Result<wire::DBParameterGroupNameMessage*> Reset(api::Call& call, const wire::ResetDBParameterGroupMessage& request) {
  TRY_ASSIGN(rows::ParameterGroup * row, GetOwn(call, request.db_parameter_group_name));
  const bool all = request.reset_all_parameters.value_or(request.parameters.empty());
  if (all && !request.parameters.empty()) return InvalidCombination("ResetAllParameters and Parameters exclude each other.");
  const rows::Engine* engine = FindFamily(call.tx, call.arena, row->family);
  if (engine == nullptr) return InvalidCombination("The parameter group's family is not installed.");
  if (all) {
    // Dynamic ones at once, static ones with the next start.
    for (const auto& setting : row->settings) {
      const rows::Description* known = Describes(*engine, setting.name);
      row->taken_back.Add(call.arena, {.name = setting.name, .method = known != nullptr && known->dynamic.value_or(false) ? "immediate" : "pending-reboot"});
    }
    row->settings = {};
  }
  for (const auto& p : request.parameters) {
    const std::string name = ToLower(p.parameter_name.view());
    const rows::Description* known = Describes(*engine, name);
    TRY(CheckMethod(known, name, p.apply_method.value_or("")));
    auto* end = std::remove_if(row->settings.begin(), row->settings.end(), [&](const rows::Setting& s) { return s.name == name; });
    if (end == row->settings.end()) continue;
    row->settings.count = static_cast<std::uint32_t>(end - row->settings.begin());
    row->taken_back.Add(call.arena, {.name = call.arena.Copy(name), .method = p.apply_method});
  }
  return Named(call, *row);
}

Result<codec::Empty*> Delete(api::Call& call, const wire::DeleteDBParameterGroupMessage& request) {
  TRY_ASSIGN(const rows::ParameterGroup* row, GetOwn(call, request.db_parameter_group_name));
  for (const rows::Instance* i : kInstances.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (i->parameter_group == row->name)
      return ApiError("InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group " + row->name.str() + ", so the group cannot be deleted", ErrorKind::kConflict);
  }
  kParameterGroups.Delete(call.tx, KeyOf(call, row->name));
  return call.arena.New<codec::Empty>();
}

Result<wire::DBParameterGroupDetails*> DescribeParameters(api::Call& call, const wire::DescribeDBParametersMessage& request) {
  if (!request.filters.empty()) return Refused("Filters of DescribeDBParameters");
  TRY_ASSIGN(const rows::ParameterGroup* row, Get(call, request.db_parameter_group_name));
  const rows::Engine* engine = FindFamily(call.tx, call.arena, row->family);
  if (engine == nullptr) return InvalidCombination("The parameter group's family is not installed.");
  std::vector<wire::Parameter> all;
  for (const auto& known : engine->parameters) {
    wire::Parameter out;
    out.parameter_name = known.name;
    out.parameter_value = known.default_value;
    out.description = known.description;
    out.source = known.modifiable.value_or(false) ? "engine-default" : "system";
    out.apply_type = known.dynamic.value_or(false) ? "dynamic" : "static";
    out.data_type = known.data_type;
    out.allowed_values = known.allowed_values;
    out.is_modifiable = known.modifiable.value_or(false);
    out.apply_method = "pending-reboot";
    for (const auto& setting : row->settings) {
      if (!(setting.name == known.name)) continue;
      out.parameter_value = setting.value;
      out.source = "user";
      out.apply_method = setting.method;
    }
    if (request.source.empty() || request.source == out.source) all.push_back(out);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.parameter_name.view() < b.parameter_name.view(); });
  auto* out = call.arena.New<wire::DBParameterGroupDetails>();
  out->parameters.Present(call.arena);
  TRY_ASSIGN(const auto page, Page(all, request.max_records, request.marker, call.arena, out->marker, [](const auto& p) { return p.parameter_name.view(); }));
  for (const auto& one : page) out->parameters.Add(call.arena, one);
  return out;
}

Result<wire::DBEngineVersionMessage*> DescribeEngines(api::Call& call, const wire::DescribeDBEngineVersionsMessage& request) {
  TRY(Only(request, {"Engine", "EngineVersion", "DBParameterGroupFamily", "DefaultOnly", "IncludeAll", "MaxRecords", "Marker"}));
  TRY(EnginesKnown(call.tx, call.arena));
  auto* out = call.arena.New<wire::DBEngineVersionMessage>();
  out->db_engine_versions.Present(call.arena);
  const rows::Engine* newest = FindEngine(call.tx, call.arena, request.engine_version.value_or(""));
  std::vector<const rows::Engine*> all;
  for (const rows::Engine* e : kEngines.ListPrefix(call.tx, "", call.arena)) {
    if (!request.engine.empty() && !(request.engine == e->engine)) continue;
    const std::string_view asked = request.engine_version.value_or("");
    if (!asked.empty() && !(e->version == asked) && !e->version.view().starts_with(std::string(asked) + ".")) continue;
    if (!request.db_parameter_group_family.empty() && !(request.db_parameter_group_family == e->family)) continue;
    if (request.default_only.value_or(false) && !(newest != nullptr && newest->version == e->version)) continue;
    all.push_back(e);
  }
  TRY_ASSIGN(const auto page, Page(all, request.max_records, request.marker, call.arena, out->marker, [](const auto* one) { return one->version.view(); }));
  for (const rows::Engine* e : page) {
    auto& one = out->db_engine_versions.Add(call.arena);
    one.engine = e->engine;
    one.engine_version = e->version;
    one.major_engine_version = e->family.view().substr(std::min(e->family.view().size(), e->engine.view().size()));
    one.db_parameter_group_family = e->family;
    one.db_engine_description = "MySQL Community Edition";
    one.db_engine_version_description = call.arena.Copy("MySQL " + e->version.str());
    one.status = "available";
    one.supports_read_replica = false;
    one.supports_log_exports_to_cloudwatch_logs = false;
  }
  return out;
}

}  // namespace

Result<rows::ParameterGroup*> GetParameterGroup(store::Tx& tx, Arena& arena, std::string_view scope_key, std::string_view asked) {
  const std::string name = ToLower(asked);
  if (rows::ParameterGroup* row = kParameterGroups.Find(tx, std::string(scope_key) + name, arena)) return row;
  if (name.starts_with("default.")) {
    TRY(EnginesKnown(tx, arena));
    if (const rows::Engine* engine = FindFamily(tx, arena, name.substr(8))) {
      auto* row = arena.New<rows::ParameterGroup>();
      row->name = arena.Copy(name);
      row->family = engine->family;
      row->description = arena.Copy("Default parameter group for " + engine->family.str());
      return row;
    }
  }
  return ApiError("DBParameterGroupNotFound", "DBParameterGroup not found: " + name, ErrorKind::kNotFound);
}

void TouchUsers(api::Call& call, std::string_view parameter_group) {
  for (const rows::Instance* i : kInstances.ListPrefix(call.tx, call.Key(""), call.arena)) {
    if (i->parameter_group == parameter_group) call.tx.Touch(InstanceWork(call.Key(i->name)));
  }
}

void RegisterParameterGroups(api::Registry& registry) {
  namespace ops = wire::ops;
  const auto on_group = [](api::Call& call, const auto& r) -> Result<api::Access> {
    return api::Access{{ArnOf(call, "pg", r.db_parameter_group_name.empty() ? "*" : ToLower(r.db_parameter_group_name.view()))}, {}};
  };
  registry.Add<ops::CreateDBParameterGroup>(Create, on_group);
  registry.Add<ops::DescribeDBParameterGroups>(Describe, on_group);
  registry.Add<ops::ModifyDBParameterGroup>(Modify, on_group);
  registry.Add<ops::ResetDBParameterGroup>(Reset, on_group);
  registry.Add<ops::DeleteDBParameterGroup>(Delete, on_group);
  registry.Add<ops::DescribeDBParameters>(DescribeParameters, on_group);
  registry.Add<ops::DescribeDBEngineVersions>(DescribeEngines);
}

}  // namespace terrarium::rds
