#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "host/database/spec.h"

namespace terrarium::database {

// One variable as the server itself describes it.
struct ParameterFact {
  std::string name;
  std::string type;           // Boolean, Integer, Numeric, Enumeration, Set, String
  std::string least, most;    // of numbers
  std::string default_value;
  std::string description;
  bool dynamic = false;
};

// The variables of one engine version, by name.
class ParameterCatalog {
 public:
  void Add(ParameterFact fact) { facts_.insert_or_assign(fact.name, std::move(fact)); }
  const ParameterFact* Find(std::string_view name) const;
  const std::map<std::string, ParameterFact, std::less<>>& facts() const { return facts_; }
  std::string Write() const;
  static Result<ParameterCatalog> Read(std::string_view text);

  // Known, modifiable, and in range where the server states one. The message names the parameter.
  Status Check(const Parameters& parameters) const;

 private:
  std::map<std::string, ParameterFact, std::less<>> facts_;
};

// Whether a parameter group may set it. What replication, durability, paths, keys and accounts rest on belongs to the engine.
bool IsModifiable(std::string_view name);

// RDS's words: string, integer, boolean, float, list.
std::string_view RdsDataType(const ParameterFact& fact);
std::string RdsAllowedValues(const ParameterFact& fact);

struct ParameterChange {
  struct Setting {
    std::string name;
    std::optional<std::string> value;  // absent: the server's own default
  };
  std::vector<Setting> at_once;
  std::vector<std::string> pending;  // take effect with the next start
};

// What must happen so that a server that was started with `started` and runs with `running` comes to `wanted`.
ParameterChange PlanParameterChange(const ParameterCatalog& catalog, const Parameters& started, const Parameters& running, const Parameters& wanted);

// "16M" in bytes, as an option file reads it; nothing where the text is not such a number.
std::optional<std::string> ExpandSuffix(std::string_view text);
// Whether the text is a number as SQL writes it, with neither exponent nor blank.
bool IsDecimal(std::string_view text);

// The parameters with the defaults of the instance class below them: what a parameter group sets or takes back.
Parameters EffectiveParameters(const ServerSpec& spec);

}  // namespace terrarium::database
