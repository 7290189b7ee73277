#include <algorithm>

#include "base/text.h"
#include "provider/resource/name.h"
#include "provider/resources/rds.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
arn          string computed < DBParameterGroupArn
description  string optional replaces = "Managed by Terraform" <> Description
family       string required replaces > DBParameterGroupFamily < DBParameterGroupFamily
id           string optional computed < DBParameterGroupName
name         string optional computed replaces conflicts=name_prefix < DBParameterGroupName
name_prefix  string optional computed replaces conflicts=name
region       string optional computed replaces
skip_destroy bool optional = false
tags         map(string) optional
tags_all     map(string) optional computed
block parameter set {
  apply_method string optional = "immediate" in=immediate|pending-reboot <> ApplyMethod
  name         string required <> ParameterName
  value        string required <> ParameterValue
}
)";

constexpr std::size_t kMostAtOnce = 20;

// By name, which RDS keeps in lower case.
Object ByName(const Value& parameters) {
  Object out;
  for (const auto& one : parameters.Items()) out.insert_or_assign(ToLower(one["name"].Text()), one);
  return out;
}

Result<void> Send(Call& call, std::string_view operation, const Value& group, const List& parameters) {
  for (std::size_t at = 0; at < parameters.size(); at += kMostAtOnce) {
    const auto begin = parameters.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = parameters.begin() + static_cast<std::ptrdiff_t>(std::min(at + kMostAtOnce, parameters.size()));
    TRY(call.Tolerate("rds", operation, {{"DBParameterGroupName", group}, {"Parameters", List(begin, end)}}, {}));
  }
  return {};
}

Result<void> ChangeParameters(Call& call, const Value& group, const Object& prior, const Object& planned) {
  const Object before = ByName(At(prior, "parameter")), after = ByName(At(planned, "parameter"));
  const Body& row = FindBlock(call.body, "parameter")->body;
  List changed, reset;
  for (const auto& [name, parameter] : after)
    if (At(before, name) != parameter) changed.emplace_back(ToApi(row, parameter.Fields()));
  // A static parameter takes its value, and its default, at the next start only.
  for (const auto& [name, parameter] : before)
    if (!after.contains(name))
      reset.push_back(Object{{"ParameterName", name}, {"ApplyMethod", parameter["apply_method"]}});
  TRY(Send(call, "ModifyDBParameterGroup", group, changed));
  return Send(call, "ResetDBParameterGroup", group, reset);
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithRdsTags(ToApi(call.body, planned), planned);
  const std::string name = ToLower(ChooseName(call, planned));
  request["DBParameterGroupName"] = name;
  TRY(call.Tolerate("rds", "CreateDBParameterGroup", request, {}));
  call.Created(name);
  return ChangeParameters(call, name, {}, planned);
}

// The user's parameters, and those that the state names: a value that equals the default must not vanish.
Result<List> ReadParameters(Call& call, const Value& group, const Object& known) {
  Object request{{"DBParameterGroupName", group}};
  if (known.empty()) request["Source"] = "user";
  const Body& row = FindBlock(call.body, "parameter")->body;
  List out;
  while (true) {
    TRY_ASSIGN(const Object page, call.Api("rds", "DescribeDBParameters", request));
    for (const auto& one : At(page, "Parameters").Items()) {
      const std::string name = ToLower(one["ParameterName"].Text());
      if (one["ParameterValue"].IsNull() || (one["Source"] != Value("user") && !known.contains(name))) continue;
      Object parameter = FromApi(row, one);
      parameter["name"] = name;
      parameter["apply_method"] = ToLower(parameter["apply_method"].Text());
      out.emplace_back(std::move(parameter));
    }
    if (At(page, "Marker").Text().empty()) return out;
    request["Marker"] = At(page, "Marker");
  }
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& name = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("rds", "DescribeDBParameterGroups", {{"DBParameterGroupName", name}},
                                         "DBParameterGroups", {"DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"}));
  if (!found) return std::nullopt;
  Object group = FromApi(call.body, *found);
  group["name_prefix"] = PrefixOfName(group["name"].Text());
  TRY_ASSIGN(group["parameter"], ReadParameters(call, name, ByName(At(state, "parameter"))));
  TRY_ASSIGN(group["tags"], ReadRdsTags(call, group["arn"]));
  return group;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  return ChangeParameters(call, At(prior, "id"), prior, planned);
}

Result<void> Destroy(Call& call, const Object& state) {
  if (At(state, "skip_destroy").Bool()) return {};
  return call.Remove("rds", "DeleteDBParameterGroup", {{"DBParameterGroupName", At(state, "id")}},
                     {"DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"},
                     {"InvalidDBParameterGroupState", "InvalidDBParameterGroupStateFault"});
}

}  // namespace

Resource DbParameterGroup() {
  return {
      .type = "aws_db_parameter_group",
      .title = "RDS DB Parameter Group",
      .schema = {.body = ParseTable(kTable)},
      .tags = kRdsTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
