#include <algorithm>

#include "api/page.h"
#include "services/ecs/definition.h"
#include "services/ecs/ops.h"

namespace terrarium::ecs {
namespace {

Result<wire::RegisterTaskDefinitionResponse*> RegisterTaskDefinition(api::Call& call, const wire::RegisterTaskDefinitionRequest& request, Neighbours& neighbours) {
  TRY(ValidateDefinition(request));
  for (const Str& role : {request.task_role_arn, request.execution_role_arn}) {
    if (!role || role.empty()) continue;
    auto may = neighbours.CheckPassRole(call, role);
    if (!may && may.error().kind == ErrorKind::kNotFound) return ClientError("Role is not valid");
    if (!may) return std::unexpected(may.error());
  }
  const std::string family_key = call.Key(request.family);
  rows::Family* family = kFamilies.Find(call.tx, family_key, call.arena);
  if (family == nullptr) family = call.arena.New<rows::Family>();
  family->last_revision = family->last_revision.value_or(0) + 1;
  kFamilies.Put(call.tx, family_key, *family);

  rows::TaskDefinition row;
  row.family = request.family;
  row.revision = family->last_revision;
  row.status = "ACTIVE";
  row.definition = call.arena.Copy(Encode(*NormalizeDefinition(request, call.arena)));
  row.registered_at = call.Now();
  row.registered_by = Str(call.caller.arn);
  row.tags.Present(call.arena);
  if (!request.tags.empty()) {
    TRY(call.authorizer.Check(call.caller, call.tx, "ecs:TagResource", EcsArn(call, "task-definition/" + request.family.str() + ":" + std::to_string(*row.revision)), {}));
  }
  TRY(MergeTags(call.arena, row.tags, RowTags(call.arena, request.tags)));
  kDefinitions.Put(call.tx, DefinitionKey(call.caller.account, call.caller.region, row.family, *row.revision), row);
  auto* out = call.arena.New<wire::RegisterTaskDefinitionResponse>();
  TRY_ASSIGN(out->task_definition, WireDefinition(call.arena, row, call.caller.account, call.caller.region));
  out->tags = WireTags<wire::Tag>(call.arena, row.tags);
  return out;
}

Result<wire::DescribeTaskDefinitionResponse*> DescribeTaskDefinition(api::Call& call, const wire::DescribeTaskDefinitionRequest& request) {
  const rows::TaskDefinition* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, request.task_definition);
  if (row == nullptr) return ClientError("Unable to describe task definition.");
  auto* out = call.arena.New<wire::DescribeTaskDefinitionResponse>();
  TRY_ASSIGN(out->task_definition, WireDefinition(call.arena, *row, call.caller.account, call.caller.region));
  if (Has(request.include, "TAGS")) out->tags = WireTags<wire::Tag>(call.arena, row->tags);
  return out;
}

Result<wire::DeregisterTaskDefinitionResponse*> DeregisterTaskDefinition(api::Call& call, const wire::DeregisterTaskDefinitionRequest& request) {
  const auto reference = ParseDefinition(request.task_definition);
  if (!reference || !reference->revision) return Invalid("Revision is missing");
  rows::TaskDefinition* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, request.task_definition);
  if (row == nullptr) return ClientError("The specified task definition does not exist.");
  if (row->status == "ACTIVE") {
    row->status = "INACTIVE";
    row->deregistered_at = call.Now();
    kDefinitions.Put(call.tx, DefinitionKey(call.caller.account, call.caller.region, row->family, *row->revision), *row);
  }
  auto* out = call.arena.New<wire::DeregisterTaskDefinitionResponse>();
  TRY_ASSIGN(out->task_definition, WireDefinition(call.arena, *row, call.caller.account, call.caller.region));
  return out;
}

Result<wire::ListTaskDefinitionsResponse*> ListTaskDefinitions(api::Call& call, const wire::ListTaskDefinitionsRequest& request) {
  auto* out = call.arena.New<wire::ListTaskDefinitionsResponse>();
  out->task_definition_arns.Present(call.arena);
  const std::string_view status = request.status.value_or("ACTIVE");
  std::vector<rows::TaskDefinition*> found;
  // The prefix is a whole family.
  for (rows::TaskDefinition* d : kDefinitions.ListPrefix(call.tx, call.Key(request.family_prefix.has_value() ? request.family_prefix.str() + "/" : ""), call.arena)) {
    if (d->status == status) found.push_back(d);
  }
  if (request.sort == "DESC") std::reverse(found.begin(), found.end());
  bool started = !request.next_token.has_value();
  for (const rows::TaskDefinition* d : found) {
    const std::string name = d->family.str() + ":" + std::to_string(*d->revision);
    if (!started) {
      started = request.next_token == std::string_view(name);
      continue;
    }
    if (out->task_definition_arns.size() == static_cast<std::size_t>(request.max_results.value_or(100))) {
      out->next_token = call.arena.Copy(LastPart(out->task_definition_arns[out->task_definition_arns.size() - 1]));
      break;
    }
    out->task_definition_arns.Add(call.arena) = call.arena.Copy(EcsArn(call, "task-definition/" + name));
  }
  if (!started) return Invalid("Invalid token");
  return out;
}

Result<wire::ListTaskDefinitionFamiliesResponse*> ListTaskDefinitionFamilies(api::Call& call, const wire::ListTaskDefinitionFamiliesRequest& request) {
  auto* out = call.arena.New<wire::ListTaskDefinitionFamiliesResponse>();
  out->families.Present(call.arena);
  const std::string_view status = request.status.value_or("ALL");
  Str last;
  bool active = false;
  const auto flush = [&] {
    if (last && (status == "ALL" || active == (status == "ACTIVE"))) out->families.Add(call.arena) = last;
  };
  for (const rows::TaskDefinition* d : kDefinitions.ListPrefix(call.tx, call.Key(request.family_prefix.value_or("")), call.arena)) {
    if (!(d->family == last)) {
      flush();
      last = d->family;
      active = false;
    }
    active |= d->status == "ACTIVE";
  }
  flush();
  const auto name = [](const Str& family) { return family.view(); };
  if (!api::CutPage(call.arena, out->families, name, request.next_token, static_cast<std::size_t>(request.max_results.value_or(100)), out->next_token)) return Invalid("Invalid token");
  return out;
}

}  // namespace

Result<wire::TaskDefinition*> WireDefinition(Arena& arena, const rows::TaskDefinition& row, std::string_view account, std::string_view region) {
  TRY_ASSIGN(auto* d, Decode<wire::TaskDefinition>(row.definition, arena));
  d->task_definition_arn = arena.Copy(EcsArn(account, region, "task-definition/" + row.family.str() + ":" + std::to_string(*row.revision)));
  d->revision = row.revision;
  d->status = row.status;
  d->registered_at = row.registered_at;
  d->deregistered_at = row.deregistered_at;
  d->registered_by = row.registered_by;
  return d;
}

void RegisterDefinitions(api::Registry& registry, Neighbours& neighbours) {
  namespace ops = wire::ops;
  // The revision is not known before it is made; a policy names the family with any.
  registry.Add<ops::RegisterTaskDefinition>([&neighbours](api::Call& call, const wire::RegisterTaskDefinitionRequest& r) { return RegisterTaskDefinition(call, r, neighbours); },
                                            [](api::Call& call, const wire::RegisterTaskDefinitionRequest& r) -> Result<api::Access> {
                                              return api::Access{{EcsArn(call, "task-definition/" + r.family.str() + ":*")}, {}};
                                            });
  registry.Add<ops::DescribeTaskDefinition>(DescribeTaskDefinition);
  registry.Add<ops::DeregisterTaskDefinition>(DeregisterTaskDefinition);
  registry.Add<ops::ListTaskDefinitions>(ListTaskDefinitions);
  registry.Add<ops::ListTaskDefinitionFamilies>(ListTaskDefinitionFamilies);
}

}  // namespace terrarium::ecs
