#include <algorithm>
#include <functional>

#include "base/text.h"
#include "services/ec2/ops/serve.h"

namespace terrarium::ec2 {
namespace {

constexpr std::size_t kMostTags = 50;

// Every kind of resource that has tags, by the prefix of its ids.
struct Kind {
  std::string_view prefix;
  std::string_view type;
};
constexpr Kind kKinds[] = {{"vpc-", "vpc"}, {"subnet-", "subnet"}, {"igw-", "internet-gateway"}, {"rtb-", "route-table"}, {"sg-", "security-group"},
                           {"sgr-", "security-group-rule"}, {"eni-", "network-interface"}, {"acl-", "network-acl"}};

std::string_view TypeOfId(std::string_view id) {
  for (const Kind& kind : kKinds)
    if (id.starts_with(kind.prefix)) return kind.type;
  return "*";
}

using Edit = std::function<Status(List<rows::Tag>&)>;

std::unexpected<Error> NoSuchResource(std::string_view id) { return ApiError("InvalidID", "The ID '" + std::string(id) + "' is not valid", ErrorKind::kNotFound); }

template <class Row>
Status EditRow(const api::Call& call, const store::Table<Row>& table, Result<Row*> row, const Edit& edit, std::string_view owner) {
  if (!row) return std::unexpected(row.error());
  TRY(edit((*row)->tags));
  table.Put(call.tx, call.Key((*row)->id.view()), **row, owner);
  return {};
}

// Finds the tags of a resource and puts back what `edit` makes of them.
Status EditTags(const api::Call& call, Str id, const Edit& edit) {
  const std::string_view type = TypeOfId(id.view());
  const auto owned = [&](const auto& table, auto row) { return EditRow(call, table, row, edit, row ? (*row)->vpc.view() : std::string_view()); };
  if (type == "vpc") return EditRow(call, kVpcs, GetVpc(call, id), edit, id.view());
  if (type == "subnet") return owned(kSubnets, GetSubnet(call, id));
  if (type == "internet-gateway") return owned(kGateways, GetGateway(call, id));
  if (type == "route-table") return owned(kRouteTables, GetRouteTable(call, id));
  if (type == "security-group") return owned(kGroups, GetGroup(call, id));
  if (type == "network-interface") return owned(kEnis, GetEni(call, id));
  if (type == "security-group-rule") {
    for (rows::Group* group : AllOf(call, kGroups))
      for (auto& rule : group->rules)
        if (rule.id == id) {
          TRY(edit(rule.tags));
          kGroups.Put(call.tx, call.Key(group->id.view()), *group, group->vpc.view());
          return {};
        }
    return ApiError("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
  }
  if (type == "network-acl") {
    for (rows::Vpc* vpc : AllOf(call, kVpcs))
      if (vpc->acl == id) {
        TRY(edit(vpc->acl_tags));
        kVpcs.Put(call.tx, call.Key(vpc->id.view()), *vpc, vpc->id.view());
        return {};
      }
    return ApiError("InvalidNetworkAclID.NotFound", "The networkAcl ID '" + id.str() + "' does not exist", ErrorKind::kNotFound);
  }
  return NoSuchResource(id.view());
}

Result<codec::Empty*> CreateTags(api::Call& call, const wire::CreateTagsRequest& request) {
  if (request.resources.empty()) return Missing("resourceIdSet");
  for (const auto& tag : request.tags) {
    if (!tag.key || tag.key.empty()) return InvalidValue("Tag key cannot be empty");
    if (ToLower(tag.key.view()).starts_with("aws:")) return InvalidValue("Tag keys starting with 'aws:' are reserved for internal use");
    if (tag.key.view().size() > 127 || tag.value.view().size() > 255) return InvalidValue("Tag key or value exceeds its maximum length");
  }
  for (const Str id : request.resources)
    TRY(EditTags(call, id, [&](List<rows::Tag>& tags) -> Status {
      for (const auto& tag : request.tags) {
        rows::Tag* known = nullptr;
        for (auto& one : tags)
          if (one.key == tag.key) known = &one;
        if (known == nullptr) {
          known = &tags.Add(call.arena);
          known->key = tag.key;
        }
        known->value = tag.value.value_or("");
      }
      if (tags.size() > kMostTags) return ApiError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.", ErrorKind::kLimit);
      return {};
    }));
  return call.arena.New<codec::Empty>();
}

// A tag without a value goes whatever its value is; without any tag, all go.
Result<codec::Empty*> DeleteTags(api::Call& call, const wire::DeleteTagsRequest& request) {
  if (request.resources.empty()) return Missing("resourceIdSet");
  for (const Str id : request.resources)
    TRY(EditTags(call, id, [&](List<rows::Tag>& tags) -> Status {
      List<rows::Tag> left;
      for (const auto& one : tags) {
        bool gone = request.tags.empty();
        for (const auto& tag : request.tags) gone |= tag.key == one.key && (!tag.value || tag.value == one.value);
        if (!gone) left.Add(call.arena, one);
      }
      tags = left;
      return {};
    }));
  return call.arena.New<codec::Empty>();
}

Result<wire::DescribeTagsResult*> DescribeTags(api::Call& call, const wire::DescribeTagsRequest& request) {
  struct Row {
    Str id;  // place in the order: resource and key
    Str resource, key, value;
  };
  List<Row*> all;
  const auto add = [&](Str resource, const List<rows::Tag>& tags) {
    for (const auto& tag : tags) {
      auto* row = call.arena.New<Row>();
      *row = {Say(call.arena, resource.view(), "/", tag.key.view()), resource, tag.key, tag.value};
      all.Add(call.arena, row);
    }
  };
  for (const auto* vpc : AllOf(call, kVpcs)) {
    add(vpc->id, vpc->tags);
    add(vpc->acl, vpc->acl_tags);
  }
  for (const auto* row : AllOf(call, kSubnets)) add(row->id, row->tags);
  for (const auto* row : AllOf(call, kGateways)) add(row->id, row->tags);
  for (const auto* row : AllOf(call, kRouteTables)) add(row->id, row->tags);
  for (const auto* row : AllOf(call, kEnis)) add(row->id, row->tags);
  for (const auto* group : AllOf(call, kGroups)) {
    add(group->id, group->tags);
    for (const auto& rule : group->rules) add(rule.id, rule.tags);
  }
  std::sort(all.begin(), all.end(), [](const Row* a, const Row* b) { return a->id.view() < b->id.view(); });
  const auto values = [](const Row& row, std::string_view name) -> std::optional<std::vector<std::string>> {
    if (name == "key") return {{row.key.str()}};
    if (name == "value") return {{row.value.str()}};
    if (name == "resource-id") return {{row.resource.str()}};
    if (name == "resource-type") return {{std::string(TypeOfId(row.resource.view()))}};
    return std::nullopt;
  };
  TRY_ASSIGN(auto found, Select(all, {}, request.filters, [](const Row&) { return List<rows::Tag>(); }, values, [](Str id) { return NoSuchResource(id.view()); }));
  auto* out = call.arena.New<wire::DescribeTagsResult>();
  TRY(Paginate(found, request.max_results, request.next_token, call.arena, out->next_token));
  out->tags.Present(call.arena);
  for (const Row* row : found) {
    auto& one = out->tags.Add(call.arena);
    one.key = row->key;
    one.value = row->value;
    one.resource_id = row->resource;
    one.resource_type = Copy(call.arena, TypeOfId(row->resource.view()));
  }
  return out;
}

template <class Request>
auto OnResources() {
  return [](api::Call& call, const Request& request) -> Result<api::Access> {
    api::Access access{.resources = {}, .facts = {}};
    for (const Str id : request.resources) access.resources.push_back(ArnOf(call, TypeOfId(id.view()), id.view()));
    if (access.resources.empty()) access.resources.push_back("*");
    for (const auto& tag : request.tags) access.facts.push_back({"aws:RequestTag/" + tag.key.str(), tag.value.str()});
    return access;
  };
}

}  // namespace

void RegisterTags(api::Registry& registry) {
  Serve<wire::ops::CreateTags>(registry, CreateTags, OnResources<wire::CreateTagsRequest>());
  Serve<wire::ops::DeleteTags>(registry, DeleteTags, OnResources<wire::DeleteTagsRequest>());
  Serve<wire::ops::DescribeTags>(registry, DescribeTags);
}

}  // namespace terrarium::ec2
