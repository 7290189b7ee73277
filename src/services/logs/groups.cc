#include <algorithm>
#include <array>

#include "base/arn.h"
#include "services/logs/ops.h"

namespace terrarium::logs {
namespace {

constexpr std::array<int, 23> kRetentions = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 0};
constexpr std::size_t kMostTags = 50;

bool IsGroupName(std::string_view s) {
  return !s.empty() && s.size() <= 512 && !s.starts_with("aws/") && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/' || c == '.' || c == '#';
  });
}

Status AddTags(rows::Group& group, const Map<Str>& tags, Arena& arena) {
  for (const auto& t : tags) {
    if (t.key.view().starts_with("aws:")) return Invalid("Tag keys starting with aws: are reserved for system use");
    const auto at = std::find_if(group.tags.begin(), group.tags.end(), [&](const auto& have) { return have.key == t.key; });
    if (at != group.tags.end()) at->value = t.value;
    else group.tags.Add(arena, t);
  }
  if (group.tags.size() > kMostTags) return ApiError("TooManyTagsException", "A resource can have no more than 50 tags");
  return {};
}
void RemoveTags(rows::Group& group, const List<Str>& keys) {
  auto* end = std::remove_if(group.tags.begin(), group.tags.end(), [&](const auto& have) {
    return std::any_of(keys.begin(), keys.end(), [&](const Str& k) { return k == have.key; });
  });
  group.tags.count = static_cast<std::uint32_t>(end - group.tags.begin());
}

Result<codec::Empty*> CreateLogGroup(api::Call& call, const wire::CreateLogGroupRequest& request) {
  if (!IsGroupName(request.log_group_name)) return Invalid("1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
  if (request.kms_key_id) return Refused("kmsKeyId of a log group");
  if (request.log_group_class && request.log_group_class != "STANDARD") return Refused("log group class " + request.log_group_class.str());
  if (request.deletion_protection_enabled.value_or(false)) return Refused("deletionProtectionEnabled");
  const Place place{call.caller.account, call.caller.region, request.log_group_name.str(), {}};
  TRY(MakeGroup(call.tx, call.arena, place, call.Now()));
  if (!request.tags.empty()) {
    TRY(call.authorizer.Check(call.caller, call.tx, "logs:TagResource", GroupArn(place.account, place.region, place.group), {}));
    TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
    TRY(AddTags(*group.row, request.tags, call.arena));
    kGroups.Put(call.tx, group.key, *group.row);
  }
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DeleteLogGroup(api::Call& call, const wire::DeleteLogGroupRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  DropGroup(call.tx, call.arena, group.key);
  return call.arena.New<codec::Empty>();
}

Result<wire::DescribeLogGroupsResponse*> DescribeLogGroups(api::Call& call, const wire::DescribeLogGroupsRequest& request) {
  if (request.log_group_name_pattern && request.log_group_name_prefix) return Invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  if (!request.account_identifiers.empty() || request.include_linked_accounts.value_or(false)) return Refused("log groups of other accounts");
  auto* out = call.arena.New<wire::DescribeLogGroupsResponse>();
  out->log_groups.Present(call.arena);
  const std::int32_t limit = request.limit.value_or(50);
  for (rows::Group* g : kGroups.ListPrefix(call.tx, call.Key(request.log_group_name_prefix.value_or("")), call.arena)) {
    if (request.log_group_name_pattern && g->name.view().find(request.log_group_name_pattern.view()) == std::string_view::npos) continue;
    if (!request.log_group_identifiers.empty()) {
      bool wanted = false;
      for (const Str& id : request.log_group_identifiers) {
        TRY_ASSIGN(const std::string name, GroupName(call, {}, id));
        wanted |= g->name == std::string_view(name);
      }
      if (!wanted) continue;
    }
    if (request.next_token && g->name.view() <= request.next_token.view()) continue;
    if (static_cast<std::int32_t>(out->log_groups.size()) == limit) {
      out->next_token = out->log_groups[out->log_groups.size() - 1].log_group_name;
      break;
    }
    DropExpired(call.tx, call.arena, call.Key(g->name), *g, call.Now());
    auto& w = out->log_groups.Add(call.arena);
    w.log_group_name = g->name;
    w.creation_time = g->created_at;
    w.retention_in_days = g->retention_days;
    w.metric_filter_count = 0;
    w.log_group_arn = call.arena.Copy(GroupArn(call.caller.account, call.caller.region, g->name));
    w.arn = call.arena.Copy(w.log_group_arn.str() + ":*");
    w.stored_bytes = g->stored_bytes.value_or(0);
    w.log_group_class = "STANDARD";
    w.deletion_protection_enabled = false;
  }
  return out;
}

Result<codec::Empty*> PutRetentionPolicy(api::Call& call, const wire::PutRetentionPolicyRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  const int days = request.retention_in_days.value_or(0);
  if (days == 0 || std::find(kRetentions.begin(), kRetentions.end(), days) == kRetentions.end()) return Invalid("Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]");
  group.row->retention_days = days;
  DropExpired(call.tx, call.arena, group.key, *group.row, call.Now());
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}

Result<codec::Empty*> DeleteRetentionPolicy(api::Call& call, const wire::DeleteRetentionPolicyRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  group.row->retention_days.reset();
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}

template <class Response>
Response* TagsOf(api::Call& call, const FoundGroup& group) {
  auto* out = call.arena.New<Response>();
  out->tags = group.row->tags;
  out->tags.Present(call.arena);
  return out;
}

Result<wire::ListTagsForResourceResponse*> ListTagsForResource(api::Call& call, const wire::ListTagsForResourceRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, {}, request.resource_arn));
  return TagsOf<wire::ListTagsForResourceResponse>(call, group);
}
Result<wire::ListTagsLogGroupResponse*> ListTagsLogGroup(api::Call& call, const wire::ListTagsLogGroupRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  return TagsOf<wire::ListTagsLogGroupResponse>(call, group);
}
Result<codec::Empty*> TagResource(api::Call& call, const wire::TagResourceRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, {}, request.resource_arn));
  TRY(AddTags(*group.row, request.tags, call.arena));
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}
Result<codec::Empty*> UntagResource(api::Call& call, const wire::UntagResourceRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, {}, request.resource_arn));
  RemoveTags(*group.row, request.tag_keys);
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}
Result<codec::Empty*> TagLogGroup(api::Call& call, const wire::TagLogGroupRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  TRY(AddTags(*group.row, request.tags, call.arena));
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}
Result<codec::Empty*> UntagLogGroup(api::Call& call, const wire::UntagLogGroupRequest& request) {
  TRY_ASSIGN(const FoundGroup group, GetGroup(call, request.log_group_name));
  RemoveTags(*group.row, request.tags);
  kGroups.Put(call.tx, group.key, *group.row);
  return call.arena.New<codec::Empty>();
}

// Tags are of the group's ARN without ":*".
template <class Request>
Result<api::Access> OnArn(api::Call& call, const Request& request) {
  if (request.resource_arn.view().ends_with(":*")) return Invalid("The resource ARN of a log group has no \":*\" at its end.");
  TRY_ASSIGN(const std::string name, GroupName(call, {}, request.resource_arn));
  return api::Access{{GroupArn(call.caller.account, call.caller.region, name)}, {}};
}

}  // namespace

Result<std::string> GroupName(const api::Call& call, Str name, Str identifier) {
  if (name.has_value() == identifier.has_value()) return Invalid("Exactly one of logGroupName and logGroupIdentifier is needed.");
  if (name) return name.str();
  if (!identifier.view().starts_with("arn:")) return identifier.str();
  const auto arn = Arn::Parse(identifier);
  if (!arn || arn->service != "logs" || arn->account != call.caller.account || arn->region != call.caller.region || !arn->resource.starts_with("log-group:")) {
    return ApiError("ResourceNotFoundException", "The specified log group does not exist.", ErrorKind::kNotFound);
  }
  std::string resource = arn->resource.substr(10);
  if (resource.ends_with(":*")) resource.resize(resource.size() - 2);
  return resource;
}

Result<FoundGroup> GetGroup(const api::Call& call, Str name, Str identifier) {
  TRY_ASSIGN(const std::string group, GroupName(call, name, identifier));
  FoundGroup out{call.Key(group), nullptr};
  out.row = kGroups.Find(call.tx, out.key, call.arena);
  if (out.row == nullptr) return ApiError("ResourceNotFoundException", "The specified log group does not exist.", ErrorKind::kNotFound);
  return out;
}

void RegisterGroups(api::Registry& registry) {
  namespace ops = wire::ops;
  registry.Add<ops::CreateLogGroup>(CreateLogGroup, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
  registry.Add<ops::DeleteLogGroup>(DeleteLogGroup, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
  registry.Add<ops::DescribeLogGroups>(DescribeLogGroups, [](api::Call& call, const auto&) -> Result<api::Access> {
    return api::Access{{GroupArn(call.caller.account, call.caller.region, "") + ":log-stream:"}, {}};
  });
  registry.Add<ops::PutRetentionPolicy>(PutRetentionPolicy, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
  registry.Add<ops::DeleteRetentionPolicy>(DeleteRetentionPolicy, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
  registry.Add<ops::ListTagsForResource>(ListTagsForResource, [](api::Call& call, const auto& r) { return OnArn(call, r); });
  registry.Add<ops::TagResource>(TagResource, [](api::Call& call, const auto& r) { return OnArn(call, r); });
  registry.Add<ops::UntagResource>(UntagResource, [](api::Call& call, const auto& r) { return OnArn(call, r); });
  registry.Add<ops::ListTagsLogGroup>(ListTagsLogGroup, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
  registry.Add<ops::TagLogGroup>(TagLogGroup, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
  registry.Add<ops::UntagLogGroup>(UntagLogGroup, [](api::Call& call, const auto& r) { return OnGroup(call, r); });
}

}  // namespace terrarium::logs
