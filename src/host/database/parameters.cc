#include "host/database/parameters.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/text.h"

namespace terrarium::database {
bool IsDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  const auto digits = [](std::string_view s) { return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; }); };
  if (dot == std::string_view::npos) return digits(text);
  return digits(text.substr(0, dot)) && digits(text.substr(dot + 1));
}

// "16M" as an option file reads it.
std::optional<std::string> ExpandSuffix(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  int shift = 0;
  switch (text.back()) {
    case 'K': case 'k': shift = 10; break;
    case 'M': case 'm': shift = 20; break;
    case 'G': case 'g': shift = 30; break;
    default: return std::nullopt;
  }
  const auto number = ParseInt(text.substr(0, text.size() - 1));
  if (!number || *number < 0 || *number > (std::int64_t{1} << 32)) return std::nullopt;
  return std::to_string(*number << shift);
}

namespace {

std::optional<double> AsNumber(std::string_view text) {
  const std::string expanded = ExpandSuffix(text).value_or(std::string(text));
  if (!IsDecimal(expanded)) return std::nullopt;
  double out = 0;
  const auto [end, error] = std::from_chars(expanded.data(), expanded.data() + expanded.size(), out);
  if (error != std::errc{} || end != expanded.data() + expanded.size()) return std::nullopt;
  return out;
}

bool IsNumeric(const ParameterFact& fact) { return fact.type == "Integer" || fact.type == "Numeric"; }

Status CheckValue(const ParameterFact& fact, std::string_view value) {
  const auto wrong = [&](const std::string& rule) { return Fail(ErrorKind::kInvalid, "parameter " + fact.name + " must be " + rule); };
  if (fact.type == "Boolean") {
    const std::string lower = ToLower(value);
    if (lower != "0" && lower != "1" && lower != "on" && lower != "off") return wrong("0 or 1");
  }
  if (IsNumeric(fact)) {
    const auto number = AsNumber(value);
    if (!number) return wrong("a number");
    const auto least = AsNumber(fact.least), most = AsNumber(fact.most);
    if ((least && *number < *least) || (most && *number > *most)) return wrong("from " + fact.least + " to " + fact.most);
  }
  return {};
}

}  // namespace

const ParameterFact* ParameterCatalog::Find(std::string_view name) const {
  const auto found = facts_.find(name);
  return found == facts_.end() ? nullptr : &found->second;
}

std::string ParameterCatalog::Write() const {
  Json list{Json::Array{}};
  for (const auto& [name, fact] : facts_) {
    Json item;
    item.Set("name", name);
    item.Set("type", fact.type);
    item.Set("least", fact.least);
    item.Set("most", fact.most);
    item.Set("default", fact.default_value);
    item.Set("description", fact.description);
    item.Set("dynamic", fact.dynamic);
    list.Append(std::move(item));
  }
  return list.Write() + "\n";
}

Result<ParameterCatalog> ParameterCatalog::Read(std::string_view text) {
  TRY_ASSIGN(const Json list, Json::Parse(text));
  ParameterCatalog out;
  for (const Json& item : list.array()) {
    out.Add({item["name"].string(), item["type"].string(), item["least"].string(), item["most"].string(), item["default"].string(),
             item["description"].string(), item["dynamic"].boolean()});
  }
  if (out.facts_.empty()) return Fail(ErrorKind::kUnavailable, "the parameters of the engine are not known");
  return out;
}

Status ParameterCatalog::Check(const Parameters& parameters) const {
  for (const auto& [name, value] : parameters) {
    const ParameterFact* fact = Find(name.text());
    if (fact == nullptr) return Fail(ErrorKind::kInvalid, "parameter " + name.text() + " does not exist in this engine version");
    if (!IsModifiable(name.text())) return Fail(ErrorKind::kUnsupported, "parameter " + name.text() + " is not modifiable");
    TRY(CheckValue(*fact, value.text()));
  }
  return {};
}

std::string_view RdsDataType(const ParameterFact& fact) {
  if (fact.type == "Boolean") return "boolean";
  if (fact.type == "Integer") return "integer";
  if (fact.type == "Numeric") return "float";
  if (fact.type == "Set") return "list";
  return "string";
}

std::string RdsAllowedValues(const ParameterFact& fact) {
  if (fact.type == "Boolean") return "0,1";
  if (IsNumeric(fact) && !fact.least.empty() && !fact.most.empty()) return fact.least + "-" + fact.most;
  return {};
}

ParameterChange PlanParameterChange(const ParameterCatalog& catalog, const Parameters& started, const Parameters& running, const Parameters& wanted) {
  ParameterChange change;
  Parameters all = wanted;
  all.insert(started.begin(), started.end());
  all.insert(running.begin(), running.end());
  for (const auto& [name, unused] : all) {
    const auto value_in = [&](const Parameters& set) {
      const auto found = set.find(name);
      return found == set.end() ? std::optional<std::string>{} : std::optional(found->second.text());
    };
    const ParameterFact* fact = catalog.Find(name.text());
    const bool dynamic = fact != nullptr && fact->dynamic;
    const auto want = value_in(wanted);
    if (!dynamic) {
      if (want != value_in(started)) change.pending.push_back(name.text());
    } else if (want != value_in(running)) {
      change.at_once.push_back({name.text(), want});
    }
  }
  return change;
}

Parameters EffectiveParameters(const ServerSpec& spec) {
  Parameters effective = spec.parameters;
  const auto otherwise = [&effective](std::string_view name, std::string_view value) {
    auto option = OptionName::From(name);
    auto text = OptionValue::From(value);
    TERRARIUM_CHECK(option && text);
    effective.emplace(*std::move(option), *std::move(text));  // what the group sets stays
  };
  otherwise("innodb_buffer_pool_size", std::to_string(spec.buffer_pool_mib) + "M");
  otherwise("max_connections", std::to_string(spec.max_connections));
  otherwise("performance_schema", spec.performance_schema ? "ON" : "OFF");
  otherwise("character_set_server", "utf8mb4");
  otherwise("innodb_log_buffer_size", "4M");
  otherwise("key_buffer_size", "1M");
  otherwise("table_open_cache", "400");
  otherwise("require_secure_transport", "ON");
  return effective;
}

}  // namespace terrarium::database
