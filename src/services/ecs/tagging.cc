#include <algorithm>

#include "services/ecs/ops.h"

namespace terrarium::ecs {
namespace {

// The tags of whatever an ARN names, read and written back by one visitor.
template <class F>
Status WithTags(api::Call& call, Str arn_text, F f) {
  const auto arn = Arn::Parse(arn_text);
  if (!arn || arn->service != "ecs" || arn->account != call.caller.account || arn->region != call.caller.region) return Invalid("The specified ARN is not valid.");
  const std::string& r = arn->resource;
  const std::string path = r.substr(r.find('/') + 1);
  const auto visit = [&](const auto& table, const std::string& key, std::string_view owner = {}) -> Status {
    auto* row = table.Find(call.tx, key, call.arena);
    if (row == nullptr) return Invalid("The specified resource was not found.");
    TRY(f(row->tags));
    table.Put(call.tx, key, *row, owner);
    return {};
  };
  if (r.starts_with("cluster/")) return visit(kClusters, call.Key(path));
  if (r.starts_with("service/")) return visit(kServices, call.Key(path));
  if (r.starts_with("task-definition/")) {
    const auto* row = FindDefinition(call.tx, call.arena, call.caller.account, call.caller.region, path);
    if (row == nullptr) return Invalid("The specified task definition does not exist.");
    return visit(kDefinitions, DefinitionKey(call.caller.account, call.caller.region, row->family, *row->revision));
  }
  if (r.starts_with("task/")) {
    const auto* row = kTasks.Find(call.tx, call.Key(path), call.arena);
    if (row == nullptr || row->desired == "STOPPED") return Invalid("The specified task is stopped. Specify a running task and try again.");
    return visit(kTasks, call.Key(path), row->service.has_value() ? call.Key(row->cluster.str() + "/" + row->service.str()) : std::string());
  }
  return Invalid("The specified ARN names nothing that can be tagged.");
}

Result<wire::TagResourceResponse*> TagResource(api::Call& call, const wire::TagResourceRequest& request) {
  const auto tags = RowTags(call.arena, request.tags);
  TRY(WithTags(call, request.resource_arn, [&](List<rows::Tag>& have) { return MergeTags(call.arena, have, tags); }));
  return call.arena.New<wire::TagResourceResponse>();
}
Result<wire::UntagResourceResponse*> UntagResource(api::Call& call, const wire::UntagResourceRequest& request) {
  TRY(WithTags(call, request.resource_arn, [&](List<rows::Tag>& have) -> Status {
    const auto* end = std::remove_if(have.begin(), have.end(), [&](const rows::Tag& t) { return Has(request.tag_keys, t.key); });
    have.count = static_cast<std::uint32_t>(end - have.begin());
    return {};
  }));
  return call.arena.New<wire::UntagResourceResponse>();
}
Result<wire::ListTagsForResourceResponse*> ListTagsForResource(api::Call& call, const wire::ListTagsForResourceRequest& request) {
  auto* out = call.arena.New<wire::ListTagsForResourceResponse>();
  TRY(WithTags(call, request.resource_arn, [&](List<rows::Tag>& have) -> Status {
    out->tags = WireTags<wire::Tag>(call.arena, have);
    return {};
  }));
  return out;
}

}  // namespace

void RegisterTagging(api::Registry& registry) {
  namespace ops = wire::ops;
  const auto on_arn = [](api::Call&, const auto& r) -> Result<api::Access> { return api::Access{{r.resource_arn.str()}, {}}; };
  registry.Add<ops::TagResource>(TagResource, on_arn);
  registry.Add<ops::UntagResource>(UntagResource, on_arn);
  registry.Add<ops::ListTagsForResource>(ListTagsForResource, on_arn);
}

}  // namespace terrarium::ecs
