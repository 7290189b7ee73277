#include "services/rds/ops.h"

namespace terrarium::rds {
namespace {

// The tags of whatever an ARN names, read and written back.
template <class F>
Status WithTags(api::Call& call, Str text, F f) {
  const auto arn = Arn::Parse(text.view());
  if (!arn || arn->service != "rds" || arn->account != call.caller.account || arn->region != call.caller.region) return InvalidValue("The specified resource name does not match an RDS resource in this region.");
  const auto colon = arn->resource.find(':');
  const std::string type = arn->resource.substr(0, colon), key = call.Key(colon == std::string::npos ? "" : arn->resource.substr(colon + 1));
  const auto visit = [&](const auto& table, const char* code, const char* word) -> Status {
    auto* row = table.Find(call.tx, key, call.arena);
    if (row == nullptr) return ApiError(code, std::string(word) + " " + arn->resource + " not found.", ErrorKind::kNotFound);
    TRY(f(row->tags));
    table.Put(call.tx, key, *row);
    return {};
  };
  if (type == "db") return visit(kInstances, "DBInstanceNotFound", "DBInstance");
  if (type == "snapshot") return visit(kSnapshots, "DBSnapshotNotFound", "DBSnapshot");
  if (type == "subgrp") return visit(kSubnetGroups, "DBSubnetGroupNotFoundFault", "DBSubnetGroup");
  if (type == "pg") return visit(kParameterGroups, "DBParameterGroupNotFound", "DBParameterGroup");
  return InvalidValue("The specified resource name does not match an RDS resource in this region.");
}

Result<wire::TagListMessage*> ListTags(api::Call& call, const wire::ListTagsForResourceMessage& request) {
  if (!request.filters.empty()) return Refused("Filters of ListTagsForResource");
  auto* out = call.arena.New<wire::TagListMessage>();
  TRY(WithTags(call, request.resource_name, [&](const List<rows::Tag>& have) -> Status {
    out->tag_list = WireTags(call.arena, have);
    return {};
  }));
  return out;
}
Result<codec::Empty*> AddTags(api::Call& call, const wire::AddTagsToResourceMessage& request) {
  TRY(WithTags(call, request.resource_name, [&](List<rows::Tag>& have) { return MergeTags(call.arena, have, request.tags); }));
  return call.arena.New<codec::Empty>();
}
Result<codec::Empty*> RemoveTags(api::Call& call, const wire::RemoveTagsFromResourceMessage& request) {
  TRY(WithTags(call, request.resource_name, [&](List<rows::Tag>& have) -> Status {
    const auto* end = std::remove_if(have.begin(), have.end(), [&](const rows::Tag& t) {
      return std::any_of(request.tag_keys.begin(), request.tag_keys.end(), [&](Str k) { return k == t.key; });
    });
    have.count = static_cast<std::uint32_t>(end - have.begin());
    return {};
  }));
  return call.arena.New<codec::Empty>();
}

}  // namespace

void RegisterTagging(api::Registry& registry) {
  namespace ops = wire::ops;
  const auto on_arn = [](api::Call&, const auto& r) -> Result<api::Access> { return api::Access{{r.resource_name.str()}, {}}; };
  registry.Add<ops::ListTagsForResource>(ListTags, on_arn);
  registry.Add<ops::AddTagsToResource>(AddTags, on_arn);
  registry.Add<ops::RemoveTagsFromResource>(RemoveTags, on_arn);
}

}  // namespace terrarium::rds
