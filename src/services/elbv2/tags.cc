#include <algorithm>

#include "services/elbv2/common.h"

namespace terrarium::elbv2 {
namespace {

// Runs `work` on the tags of whatever the ARN names, and keeps the row where `work` says so.
template <class Work>
Status WithTags(api::Call& call, Str arn, Work work) {
  const auto on = [&](auto* row) -> Status {
    TRY_ASSIGN(const bool changed, work(row->tags));
    if (changed) Save(call.tx, *row);
    return {};
  };
  const std::string_view text = arn.value_or("");
  if (text.find(":targetgroup/") != text.npos) {
    TRY_ASSIGN(auto* row, GetTargetGroup(call, arn));
    return on(row);
  }
  if (text.find(":listener/") != text.npos) {
    TRY_ASSIGN(auto* row, GetListener(call, arn));
    return on(row);
  }
  if (text.find(":loadbalancer/") != text.npos) {
    TRY_ASSIGN(auto* row, GetLoadBalancer(call, arn));
    return on(row);
  }
  if (text.find(":listener-rule/") != text.npos) return NotSupported("tags of rules");
  return Invalid("'" + std::string(text) + "' is not a valid load balancer, target group or listener ARN");
}

Result<wire::DescribeTagsOutput*> Describe(api::Call& call, const wire::DescribeTagsInput& request) {
  auto* out = call.arena.New<wire::DescribeTagsOutput>();
  out->tag_descriptions.Present(call.arena);
  for (const Str arn : request.resource_arns)
    TRY(WithTags(call, arn, [&](const List<rows::Tag>& tags) -> Result<bool> {
      auto& one = out->tag_descriptions.Add(call.arena);
      one.resource_arn = arn;
      one.tags.Present(call.arena);
      for (const auto& tag : tags) one.tags.Add(call.arena, {.key = tag.key, .value = tag.value});
      return false;
    }));
  return out;
}

Result<wire::AddTagsOutput*> Add(api::Call& call, const wire::AddTagsInput& request) {
  for (const Str arn : request.resource_arns)
    TRY(WithTags(call, arn, [&](List<rows::Tag>& tags) -> Result<bool> {
      TRY_ASSIGN(tags, ReadTags(call, request.tags, tags));
      return true;
    }));
  return call.arena.New<wire::AddTagsOutput>();
}

Result<wire::RemoveTagsOutput*> Remove(api::Call& call, const wire::RemoveTagsInput& request) {
  for (const Str arn : request.resource_arns)
    TRY(WithTags(call, arn, [&](List<rows::Tag>& tags) -> Result<bool> {
      List<rows::Tag> kept;
      for (const auto& tag : tags)
        if (std::none_of(request.tag_keys.begin(), request.tag_keys.end(), [&](Str key) { return key == tag.key; })) kept.Add(call.arena, tag);
      tags = kept;
      return true;
    }));
  return call.arena.New<wire::RemoveTagsOutput>();
}

}  // namespace

void RegisterTags(api::Registry& registry) {
  registry.Add<wire::ops::DescribeTags>(Describe);
  registry.Add<wire::ops::AddTags>(Add, OnAll(&wire::AddTagsInput::resource_arns));
  registry.Add<wire::ops::RemoveTags>(Remove, OnAll(&wire::RemoveTagsInput::resource_arns));
}

}  // namespace terrarium::elbv2
