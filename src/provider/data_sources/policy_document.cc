#include "provider/data_sources/policy_document.h"

#include <algorithm>
#include <functional>

#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kOrder[] = {"Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction",
                                       "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"};

using Texts = std::vector<std::string>;

Texts AsTexts(const Value& value) {
  Texts out;
  if (value.If<std::string>()) out.push_back(value.Text());
  if (const auto* b = value.If<bool>()) out.push_back(*b ? "true" : "false");
  for (const auto& item : value.Items()) out.push_back(item.Text());
  return out;
}

// One value stands alone.
Value Collapse(const Texts& texts) {
  if (texts.size() == 1) return texts[0];
  return List(texts.begin(), texts.end());
}

Texts Descending(Texts texts) {
  std::ranges::sort(texts, std::greater());
  return texts;
}

// "&{" stands for "${", which Terraform would interpolate.
Result<Texts> ReplaceVariables(Texts texts, const std::string& version) {
  for (auto& text : texts) {
    if (version == "2008-10-17" && text.contains("&{"))
      return Fail(ErrorKind::kInvalid, "found &{ sequence in (" + text + "), which is not supported in document version 2008-10-17");
    for (auto at = text.find("&{"); at != text.npos; at = text.find("&{", at + 2)) text[at] = '$';
  }
  return texts;
}

// Types that occur twice are joined; {"*": "*"} alone becomes "*".
Result<Value> Principals(const List& blocks, const std::string& version) {
  std::map<std::string, Texts> by_type;
  for (const auto& block : blocks) {
    TRY_ASSIGN(Texts ids, ReplaceVariables(Descending(AsTexts(block["identifiers"])), version));
    auto& all = by_type[block["type"].Text()];
    all.insert(all.end(), ids.begin(), ids.end());
  }
  if (by_type.size() == 1 && by_type.contains("*") && by_type["*"] == Texts{"*"}) return Value("*");
  Object out;
  for (const auto& [type, ids] : by_type) out.emplace(type, Collapse(ids));
  return Value(out);
}

// The order of condition values is kept.
Result<Value> Conditions(const List& blocks, const std::string& version) {
  std::map<std::string, std::map<std::string, Texts>> by_test;
  for (const auto& block : blocks) {
    TRY_ASSIGN(Texts values, ReplaceVariables(AsTexts(block["values"]), version));
    auto& all = by_test[block["test"].Text()][block["variable"].Text()];
    all.insert(all.end(), values.begin(), values.end());
  }
  Object out;
  for (const auto& [test, variables] : by_test) {
    Object inner;
    for (const auto& [variable, values] : variables) inner.emplace(variable, Collapse(values));
    out.emplace(test, inner);
  }
  return Value(out);
}

Value Texted(const Texts& texts) { return List(texts.begin(), texts.end()); }

// A list of a foreign document stays a list, even of one.
Value RereadPrincipals(const Value& principal) {
  if (principal.If<std::string>()) return "*";
  Object out;
  for (const auto& [type, ids] : principal.Fields())
    out.emplace(type, ids.If<List>() ? Texted(Descending(AsTexts(ids))) : ids);
  return out;
}

Value RereadConditions(const Value& condition) {
  Object out;
  for (const auto& [test, variables] : condition.Fields()) {
    Object inner;
    for (const auto& [variable, values] : variables.Fields()) inner.emplace(variable, Collapse(AsTexts(values)));
    out.emplace(test, inner);
  }
  return out;
}

}  // namespace

void PolicyDocument::Merge(const PolicyDocument& other) {
  if (!other.id.empty()) id = other.id;
  version = std::max(version, other.version);
  for (const auto& statement : other.statements) {
    const auto& sid = statement["Sid"];
    const auto same =
        std::ranges::find_if(statements, [&](const Value& own) { return !sid.IsNull() && own["Sid"] == sid; });
    if (same != statements.end()) *same = statement;
    else statements.push_back(statement);
  }
}

std::string PolicyDocument::Json(int indent) const {
  Object document;
  if (!version.empty()) document["Version"] = version;
  if (!id.empty()) document["Id"] = id;
  if (!statements.empty()) document["Statement"] = statements;
  return WriteJson(document, {.indent = indent, .first = kOrder});
}

Result<PolicyDocument> ParsePolicyDocument(const std::string& json) {
  TRY_ASSIGN(const Value value, ParseJson(json));
  PolicyDocument document{.version = value["Version"].Text(), .id = value["Id"].Text(), .statements = {}};
  const auto& statements = value["Statement"];
  for (const auto& statement : statements.If<Object>() ? List{statements} : statements.Items()) {
    Object out;
    for (const auto& [name, member] : statement.Fields()) {
      if (IsZeroish(member)) continue;
      if (name.ends_with("Principal")) out.emplace(name, RereadPrincipals(member));
      else if (name == "Condition") out.emplace(name, RereadConditions(member));
      else out.emplace(name, member);
    }
    document.statements.push_back(out);
  }
  return document;
}

Result<Object> StatementFromBlock(const Value& block, const std::string& version) {
  Object out;
  if (!block["sid"].Text().empty()) out["Sid"] = block["sid"];
  out["Effect"] = block["effect"].IsNull() ? Value("Allow") : block["effect"];
  for (const auto& [attribute, member] : {std::pair{"actions", "Action"}, {"not_actions", "NotAction"}})
    if (!block[attribute].Items().empty()) out[member] = Collapse(Descending(AsTexts(block[attribute])));
  for (const auto& [attribute, member] : {std::pair{"resources", "Resource"}, {"not_resources", "NotResource"}}) {
    if (block[attribute].Items().empty()) continue;
    TRY_ASSIGN(Texts texts, ReplaceVariables(Descending(AsTexts(block[attribute])), version));
    out[member] = Collapse(texts);
  }
  for (const auto& [attribute, member] : {std::pair{"principals", "Principal"}, {"not_principals", "NotPrincipal"}}) {
    if (block[attribute].Items().empty()) continue;
    TRY_ASSIGN(out[member], Principals(block[attribute].Items(), version));
  }
  if (!block["condition"].Items().empty()) {
    TRY_ASSIGN(out["Condition"], Conditions(block["condition"].Items(), version));
  }
  return out;
}

}  // namespace terrarium::provider
