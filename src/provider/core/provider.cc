#include "provider/core/provider.h"

#include <algorithm>

#include "provider/core/batching_cloud.h"
#include "provider/core/provider_schema.h"
#include "provider/core/timeouts.h"
#include "provider/plan/merge.h"
#include "provider/plan/tags.h"
#include "provider/resource/place.h"
#include "provider/schema/conform.h"
#include "provider/schema/validate.h"

namespace terrarium::provider {
namespace {

std::string Told(const Error& error) { return (error.code.empty() ? "" : error.code + ": ") + error.message; }

Diagnostic Explain(std::string_view doing, const Resource& type, const Value& object, const Error& error) {
  const auto& name = object["id"].Text().empty() ? object["name"].Text() : object["id"].Text();
  std::string summary = std::string(doing) + " " + std::string(type.title);
  if (!name.empty()) summary += " (" + name + ")";
  return {.summary = summary + ": " + Told(error)};
}

bool HasTags(const Resource& type) { return FindAttribute(type.schema.body, "tags_all") != nullptr; }

// Tags have calls of their own; a change of nothing else needs no other.
bool ChangedBeyondTags(const Object& prior, const Object& planned) {
  return std::ranges::any_of(planned, [&](const auto& field) {
    return field.first != "tags" && field.first != "tags_all" && field.second != At(prior, field.first);
  });
}

// What an update left open has its prior value until it is read.
Object WithPriorForUnknown(const Object& prior, Object planned) {
  for (auto& [name, value] : planned)
    if (value.IsUnknown()) value = At(prior, name);
  return planned;
}

}  // namespace

Result<void> Provider::Open() {
  TRY_ASSIGN(auto cloud, world_.open_cloud(settings_));
  cloud_ = std::make_unique<BatchingCloud>(std::move(cloud), BatchingCloud::Limits{});
  settings_.region = cloud_->HomeRegion();
  if (settings_.checks_region && !IsRegionName(settings_.region))
    return Fail(ErrorKind::kInvalid, "\"" + settings_.region + "\" is not the name of a region (skip_region_validation lets it pass)");
  if (!settings_.checks_identity) return {};
  TRY_ASSIGN(const Object caller, cloud_->Call(settings_.sts_region.empty() ? settings_.region : settings_.sts_region, "sts", "GetCallerIdentity", {}));
  const std::string& account = At(caller, "Account").Text();
  const auto has = [&](const std::vector<std::string>& accounts) { return std::ranges::find(accounts, account) != accounts.end(); };
  if (has(settings_.forbidden_accounts) || (!settings_.allowed_accounts.empty() && !has(settings_.allowed_accounts)))
    return Fail(ErrorKind::kDenied, "AWS account ID not allowed: " + account);
  return {};
}

Diagnostics Provider::Configure(const Value& config) {
  settings_ = SettingsFrom(config);
  if (!settings_.checks_identity && !(settings_.allowed_accounts.empty() && settings_.forbidden_accounts.empty()))
    return {{.summary = "configuring the provider: allowed_account_ids and forbidden_account_ids need the account id, which skip_requesting_account_id leaves away"}};
  const auto opened = Open();
  if (opened) return {};
  Diagnostic failure{.summary = "configuring the provider: " + Told(opened.error())};
  if (opened.error().code.empty() && opened.error().kind == ErrorKind::kUnavailable)
    failure.detail = "No engine answers there. `terrarium status` tells how yours is, `make up` starts it; AWS_ENDPOINT_URL says which one is asked.";
  return {failure};
}

Call Provider::MakeCall(const Resource& type, const Value& object, const std::string& private_bytes,
                        std::string_view operation) const {
  const auto limit = TimeoutOf(type, private_bytes, operation);
  const auto deadline = world_.clock.Now() + std::chrono::duration_cast<Millis>(limit).count();
  const auto& region = object["region"].Text();
  return {{*cloud_, settings_, world_.clock, world_.stop, world_.random},
          type.schema.body,
          region.empty() ? settings_.region : region,
          deadline};
}

Outcome Provider::Upgrade(const Resource& type, const Value& stored, std::int64_t version) const {
  Object state = stored.Fields();
  if (type.upgrade && version < type.schema.version) type.upgrade(state, version);
  return {.state = Conform(type.schema.body, state)};
}

Result<std::optional<Object>> Provider::ReadRemote(const Resource& type, Call& call, const Value& known) const {
  TRY_ASSIGN(auto remote, type.read(call, known.Fields()));
  if (!remote) return remote;
  if (FindAttribute(type.schema.body, "region")) remote->insert_or_assign("region", call.region);
  if (HasTags(type)) {
    ReadTags split = SplitTags(settings_.tags, known, At(*remote, "tags").Fields());
    remote->insert_or_assign("tags", std::move(split.tags));
    remote->insert_or_assign("tags_all", std::move(split.tags_all));
  }
  return remote;
}

Outcome Provider::Read(const Resource& type, const Value& state, const std::string& private_bytes) const {
  Outcome out{.state = state, .private_bytes = private_bytes};
  if (state.IsNull()) return out;
  Call call = MakeCall(type, state, private_bytes, "read");
  auto remote = ReadRemote(type, call, state);
  if (!remote) out.diagnostics.push_back(Explain("reading", type, state, remote.error()));
  else if (!*remote) out.state = Value();
  else out.state = MergeRead(type.schema.body, state, Value(std::move(**remote)), TypesOf(type));
  return out;
}

Outcome Provider::Plan(const Resource& type, const Value& prior, const Value& config,
                       const std::string& private_bytes) const {
  if (config.IsNull()) return {.private_bytes = private_bytes};  // destruction
  auto plan = PlanChange(type.schema.body, prior, config, TypesOf(type));
  auto& planned = *plan.planned.If<Object>();
  if (HasTags(type) && config["tags_all"].IsNull()) {
    const Value all = PlanTagsAll(settings_.tags, plan.planned["tags"]);
    if (prior.IsNull() || all != prior["tags_all"]) planned.insert_or_assign("tags_all", all);
  }
  if (plan.planned["region"].IsUnknown() && config["region"].IsNull())
    planned.insert_or_assign("region", settings_.region);
  Diagnostics diagnostics;
  if (type.customize) {
    PlanDraft draft{prior, config, plan, diagnostics};
    type.customize(draft);
  }
  const bool changed = prior.IsNull() || plan.planned != prior;
  return {.state = plan.planned,
          .private_bytes = changed ? PlanPrivate(type, private_bytes, plan.planned) : private_bytes,
          .replace = std::move(plan.replace),
          .diagnostics = std::move(diagnostics)};
}

Outcome Provider::Apply(const Resource& type, const Value& prior, const Value& planned, const Value& config,
                        const std::string& private_bytes) const {
  if (planned.IsNull()) return Destroy(type, prior, private_bytes);
  // What was unknown when the configuration was validated is known now.
  auto complaints = Validate(type.schema.body, config);
  std::erase_if(complaints, [](const Diagnostic& one) { return one.severity != Severity::kError; });
  if (!complaints.empty()) return {.state = prior, .private_bytes = private_bytes, .diagnostics = std::move(complaints)};
  if (prior.IsNull()) return Create(type, planned, config, private_bytes);
  return Update(type, prior, planned, config, private_bytes);
}

Outcome Provider::Create(const Resource& type, const Value& planned, const Value& config,
                         const std::string& private_bytes) const {
  Call call = MakeCall(type, planned, private_bytes, "create");
  call.config = config.Fields();
  const auto created = type.create(call, planned.Fields());
  Outcome out{.private_bytes = private_bytes};
  if (!created) out.diagnostics.push_back(Explain("creating", type, planned, created.error()));
  if (call.created_id().empty()) return out;

  Object known = planned.Fields();
  known.insert_or_assign("id", call.created_id());
  auto remote = ReadRemote(type, call, known);
  out.state = known;
  if (remote && *remote)
    out.state = MergeApplied(type.schema.body, known, Value(std::move(**remote)), TypesOf(type));
  else if (created)
    out.diagnostics.push_back(Explain("reading new", type, known,
                                      remote ? Error{ErrorKind::kNotFound, {}, "it is gone already"} : remote.error()));
  out.state = WithoutUnknowns(out.state);
  return out;
}

Outcome Provider::Update(const Resource& type, const Value& prior, const Value& planned, const Value& config,
                         const std::string& private_bytes) const {
  Call call = MakeCall(type, prior, private_bytes, "update");
  call.config = config.Fields();
  Object known = WithPriorForUnknown(prior.Fields(), planned.Fields());
  Result<void> updated;
  if (!type.tags.service.empty()) updated = UpdateTags(call, type.tags, prior.Fields(), known);
  if (updated && type.update && ChangedBeyondTags(prior.Fields(), planned.Fields()))
    updated = type.update(call, prior.Fields(), planned.Fields());
  Outcome out{.state = prior, .private_bytes = private_bytes};
  if (!updated) out.diagnostics.push_back(Explain("updating", type, prior, updated.error()));

  // After a failure the state holds what the cloud really has, as far as it can be read.
  if (!call.created_id().empty()) known.insert_or_assign("id", call.created_id());
  auto remote = ReadRemote(type, call, updated ? Value(known) : prior);
  if (!updated && remote && *remote)
    out.state = MergeRead(type.schema.body, prior, Value(std::move(**remote)), TypesOf(type));
  if (!updated) return out;
  if (remote && *remote)
    out.state =
        WithoutUnknowns(MergeApplied(type.schema.body, planned, Value(std::move(**remote)), TypesOf(type)));
  else
    out.diagnostics.push_back(Explain("reading", type, prior,
                                      remote ? Error{ErrorKind::kNotFound, {}, "it is gone"} : remote.error()));
  return out;
}

Outcome Provider::Destroy(const Resource& type, const Value& prior, const std::string& private_bytes) const {
  Call call = MakeCall(type, prior, private_bytes, "delete");
  const auto destroyed = type.destroy(call, prior.Fields());
  if (destroyed) return {};
  return {.state = prior,
          .private_bytes = private_bytes,
          .diagnostics = {Explain("deleting", type, prior, destroyed.error())}};
}

Outcome Provider::Import(const Resource& type, const std::string& id) const {
  // "id@region" names an object of another region than the provider's.
  const auto at = id.rfind('@');
  const bool elsewhere = at != id.npos && FindAttribute(type.schema.body, "region");
  const Value place = Object{{"region", elsewhere ? id.substr(at + 1) : settings_.region}};
  Call call = MakeCall(type, place, "", "read");
  const std::string own = elsewhere ? id.substr(0, at) : id;
  Result<Object> found = type.import ? type.import(call, own) : Object{{"id", own}};
  if (!found) return {.diagnostics = {Explain("importing", type, Object{{"id", own}}, found.error())}};
  Object state = ImportedObject(type.schema.body, *found);
  if (FindAttribute(type.schema.body, "region")) state.insert_or_assign("region", place["region"]);
  return {.state = state, .private_bytes = PlanPrivate(type, "", state)};
}

Outcome Provider::ReadData(const DataSource& type, const Value& config) const {
  const auto deadline = world_.clock.Now() + Millis(std::chrono::minutes(20)).count();
  const auto& region = config["region"].Text();
  Call call({*cloud_, settings_, world_.clock, world_.stop, world_.random}, type.schema.body,
            region.empty() ? settings_.region : region, deadline);
  auto read = type.read(call, config.Fields());
  if (!read) return {.diagnostics = {{.summary = "reading " + std::string(type.type) + ": " + Told(read.error())}}};
  Object out = config.Fields();
  for (auto& [name, value] : *read) out.insert_or_assign(name, std::move(value));
  if (FindAttribute(type.schema.body, "region")) out.insert_or_assign("region", call.region);
  return {.state = Conform(type.schema.body, std::move(out))};
}

}  // namespace terrarium::provider
