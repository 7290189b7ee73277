#include <algorithm>

#include "base/text.h"
#include "services/elbv2/common.h"

// HTTP listeners with one default action, and the default rule that it is.
namespace terrarium::elbv2 {
namespace {

// One action, checked. A group that another load balancer uses is refused, as on AWS.
Result<rows::Action*> ReadAction(api::Call& call, const List<wire::Action>& actions, const rows::LoadBalancer& balancer) {
  if (actions.size() != 1) return actions.empty() ? Invalid("A default action must be specified") : NotSupported("more than one default action");
  const wire::Action& action = actions[0];
  auto* out = call.arena.New<rows::Action>();
  out->type = action.type;
  if (action.type == "forward") {
    TRY(Only(action, {"Type", "TargetGroupArn", "Order", "ForwardConfig"}));
    Str group = action.target_group_arn;
    if (const auto* forward = action.forward_config) {
      if (forward->target_groups.size() > 1) return NotSupported("forwarding to more than one target group");
      const auto* sticky = forward->target_group_stickiness_config;
      if (sticky != nullptr && sticky->enabled.value_or(false)) return NotSupported("stickiness of target groups");
      if (!forward->target_groups.empty()) {
        const auto& one = forward->target_groups[0];
        if (one.weight.value_or(1) == 0) return NotSupported("a target group of weight 0");
        if (group && group != one.target_group_arn) return Invalid("The target group ARN and the forward configuration name different target groups");
        group = one.target_group_arn;
      }
    }
    if (!group) return Invalid("A target group ARN must be specified");
    TRY_ASSIGN(const rows::TargetGroup* row, GetTargetGroup(call, group));
    if (row->vpc != balancer.vpc) return Invalid("The target group is of another VPC than the load balancer");
    const std::string user = UserOf(call.tx, group.view());
    if (!user.empty() && user != call.Key(balancer.id.view()))
      return ApiError("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: " + group.str(), ErrorKind::kLimit);
    out->target_group = row->arn;
  } else if (action.type == "redirect") {
    TRY(Only(action, {"Type", "Order", "RedirectConfig"}));
    const auto* redirect = action.redirect_config;
    if (redirect == nullptr || (redirect->status_code != "HTTP_301" && redirect->status_code != "HTTP_302")) return Invalid("A redirect action needs the status code HTTP_301 or HTTP_302");
    out->status_code = redirect->status_code;
    out->protocol = redirect->protocol.value_or("#{protocol}");
    out->host = redirect->host.value_or("#{host}");
    out->port = redirect->port.value_or("#{port}");
    out->path = redirect->path.value_or("/#{path}");
    out->query = redirect->query.value_or("#{query}");
    if (out->protocol == "#{protocol}" && out->host == "#{host}" && out->port == "#{port}" && out->path == "/#{path}")
      return ApiError("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop.");
  } else if (action.type == "fixed-response") {
    TRY(Only(action, {"Type", "Order", "FixedResponseConfig"}));
    const auto* fixed = action.fixed_response_config;
    const std::string_view status = fixed != nullptr ? fixed->status_code.value_or("") : "";
    if (status.size() != 3 || !ParseInt(status) || (status[0] != '2' && status[0] != '4' && status[0] != '5')) return Invalid("A fixed response needs a status code 2XX, 4XX or 5XX");
    const std::string_view type = fixed->content_type.value_or("text/plain");
    if (type != "text/plain" && type != "text/css" && type != "text/html" && type != "application/javascript" && type != "application/json") return Invalid("The content type '" + std::string(type) + "' is not valid");
    if (fixed->message_body.view().size() > 1024) return Invalid("A fixed response's body has at most 1024 characters");
    out->status_code = fixed->status_code;
    out->content_type = type;
    out->body = fixed->message_body;
  } else {
    return NotSupported("actions of type " + std::string(action.type.value_or("")));
  }
  return out;
}

void FillAction(api::Call& call, const rows::Action& row, wire::Action& out) {
  out.type = row.type;
  if (row.type == "forward") {
    out.target_group_arn = row.target_group;
    out.forward_config = call.arena.New<wire::ForwardActionConfig>();
    auto& group = out.forward_config->target_groups.Add(call.arena);
    group.target_group_arn = row.target_group;
    group.weight = 1;
    out.forward_config->target_group_stickiness_config = call.arena.New<wire::TargetGroupStickinessConfig>();
    out.forward_config->target_group_stickiness_config->enabled = false;
  } else if (row.type == "redirect") {
    auto* redirect = out.redirect_config = call.arena.New<wire::RedirectActionConfig>();
    redirect->status_code = row.status_code;
    redirect->protocol = row.protocol;
    redirect->host = row.host;
    redirect->port = row.port;
    redirect->path = row.path;
    redirect->query = row.query;
  } else {
    auto* fixed = out.fixed_response_config = call.arena.New<wire::FixedResponseActionConfig>();
    fixed->status_code = row.status_code;
    fixed->content_type = row.content_type;
    fixed->message_body = row.body;
  }
}

void Fill(api::Call& call, const rows::Listener& row, wire::Listener& out) {
  out.listener_arn = row.arn;
  out.load_balancer_arn = row.load_balancer;
  out.port = row.port;
  out.protocol = "HTTP";
  FillAction(call, *row.action, out.default_actions.Add(call.arena));
}

Status CheckPort(api::Call& call, const rows::LoadBalancer& balancer, std::optional<std::int32_t> port, Str but) {
  if (!port || *port < 1 || *port > 65535) return Invalid("A port between 1 and 65535 must be specified");
  for (const rows::Listener* other : kListeners.ListOwner(call.tx, call.Key(balancer.id.view()), call.arena))
    if (other->port == port && other->arn != but) return ApiError("DuplicateListener", "A listener already exists on this port for this load balancer '" + balancer.arn.str() + "'", ErrorKind::kConflict);
  return {};
}

Status CheckProtocol(Str protocol) {
  if (protocol == "HTTP") return {};
  if (!protocol) return Invalid("A listener protocol must be specified");
  return NotSupported(protocol.str() + " listeners");
}

Result<wire::CreateListenerOutput*> Create(api::Call& call, const wire::CreateListenerInput& request) {
  TRY(CheckProtocol(request.protocol));
  TRY(Only(request, {"LoadBalancerArn", "Protocol", "Port", "DefaultActions", "Tags"}));
  TRY_ASSIGN(const rows::LoadBalancer* balancer, GetLoadBalancer(call, request.load_balancer_arn));
  TRY(CheckPort(call, *balancer, request.port, {}));
  rows::Listener row;
  TRY_ASSIGN(row.action, ReadAction(call, request.default_actions, *balancer));
  row.id = call.arena.Copy(RandomHex(call.random, 16));
  const std::string path = "/app/" + balancer->name.str() + "/" + balancer->id.str() + "/" + row.id.str();
  row.arn = call.arena.Copy(MakeArn("elasticloadbalancing", call.caller.region, call.caller.account, "listener" + path));
  row.rule = call.arena.Copy(MakeArn("elasticloadbalancing", call.caller.region, call.caller.account, "listener-rule" + path + "/" + RandomHex(call.random, 16)));
  row.load_balancer = balancer->arn;
  row.port = request.port;
  TRY(CheckTagging(call, request.tags, row.arn.view()));
  TRY_ASSIGN(row.tags, ReadTags(call, request.tags, {}));
  Save(call.tx, row);
  if (row.action->target_group) SyncTargets(call.tx, row.action->target_group.view());
  auto* out = call.arena.New<wire::CreateListenerOutput>();
  Fill(call, row, out->listeners.Add(call.arena));
  return out;
}

Result<wire::DescribeListenersOutput*> Describe(api::Call& call, const wire::DescribeListenersInput& request) {
  std::vector<rows::Listener*> found;
  if (request.load_balancer_arn) {
    TRY_ASSIGN(const rows::LoadBalancer* balancer, GetLoadBalancer(call, request.load_balancer_arn));
    for (rows::Listener* one : kListeners.ListOwner(call.tx, call.Key(balancer->id.view()), call.arena)) found.push_back(one);
  } else if (request.listener_arns.empty()) {
    return Invalid("You must specify either listener ARNs or a load balancer ARN");
  }
  for (const Str arn : request.listener_arns) {
    TRY_ASSIGN(rows::Listener * row, GetListener(call, arn));
    found.push_back(row);
  }
  auto* out = call.arena.New<wire::DescribeListenersOutput>();
  TRY(Paginate(found, request.page_size, request.marker, out->next_marker));
  out->listeners.Present(call.arena);
  for (const rows::Listener* one : found) Fill(call, *one, out->listeners.Add(call.arena));
  return out;
}

Result<wire::ModifyListenerOutput*> Modify(api::Call& call, const wire::ModifyListenerInput& request) {
  if (request.protocol) {
    TRY(CheckProtocol(request.protocol));
  }
  TRY(Only(request, {"ListenerArn", "Protocol", "Port", "DefaultActions"}));
  TRY_ASSIGN(rows::Listener * row, GetListener(call, request.listener_arn));
  TRY_ASSIGN(const rows::LoadBalancer* balancer, GetLoadBalancer(call, row->load_balancer));
  const Str before = row->action->target_group;
  if (request.port) {
    TRY(CheckPort(call, *balancer, request.port, row->arn));
    row->port = request.port;
  }
  if (!request.default_actions.empty()) {
    TRY_ASSIGN(row->action, ReadAction(call, request.default_actions, *balancer));
  }
  Save(call.tx, *row);
  if (before) SyncTargets(call.tx, before.view());
  if (row->action->target_group) SyncTargets(call.tx, row->action->target_group.view());
  auto* out = call.arena.New<wire::ModifyListenerOutput>();
  Fill(call, *row, out->listeners.Add(call.arena));
  return out;
}

Result<wire::DeleteListenerOutput*> Delete(api::Call& call, const wire::DeleteListenerInput& request) {
  TRY_ASSIGN(const rows::Listener* row, GetListener(call, request.listener_arn));
  kListeners.Delete(call.tx, KeyOfArn(row->arn.view(), "listener/app"));
  if (row->action->target_group) SyncTargets(call.tx, row->action->target_group.view());
  call.tx.Touch(LoadBalancerWork(KeyOfArn(row->load_balancer.view(), "loadbalancer/app")));
  return call.arena.New<wire::DeleteListenerOutput>();
}

// None is served, so none is shown.
Result<wire::DescribeListenerAttributesOutput*> DescribeAttributes(api::Call& call, const wire::DescribeListenerAttributesInput& request) {
  TRY_ASSIGN([[maybe_unused]] const rows::Listener* row, GetListener(call, request.listener_arn));
  auto* out = call.arena.New<wire::DescribeListenerAttributesOutput>();
  out->attributes.Present(call.arena);
  return out;
}
Result<wire::ModifyListenerAttributesOutput*> ModifyAttributes(api::Call& call, const wire::ModifyListenerAttributesInput& request) {
  TRY_ASSIGN([[maybe_unused]] const rows::Listener* row, GetListener(call, request.listener_arn));
  for (const auto& one : request.attributes) return NotSupported("the attribute " + std::string(one.key.value_or("")));
  auto* out = call.arena.New<wire::ModifyListenerAttributesOutput>();
  out->attributes.Present(call.arena);
  return out;
}

Result<wire::DescribeRulesOutput*> DescribeRules(api::Call& call, const wire::DescribeRulesInput& request) {
  TRY(Only(request, {"ListenerArn", "RuleArns", "PageSize"}));
  std::vector<rows::Listener*> found;
  if (request.listener_arn) {
    TRY_ASSIGN(rows::Listener * row, GetListener(call, request.listener_arn));
    found.push_back(row);
  } else if (request.rule_arns.empty()) {
    return Invalid("You must specify either listener rule ARNs or a listener ARN");
  }
  for (const Str arn : request.rule_arns) {
    const auto all = kListeners.ListPrefix(call.tx, call.Key(""), call.arena);
    const auto at = std::find_if(all.begin(), all.end(), [&](const rows::Listener* one) { return one->rule == arn; });
    if (at == all.end()) return ApiError("RuleNotFound", "One or more rules not found", ErrorKind::kNotFound);
    found.push_back(*at);
  }
  auto* out = call.arena.New<wire::DescribeRulesOutput>();
  for (const rows::Listener* row : found) {
    auto& rule = out->rules.Add(call.arena);
    rule.rule_arn = row->rule;
    rule.priority = "default";
    rule.conditions.Present(call.arena);
    rule.is_default = true;
    FillAction(call, *row->action, rule.actions.Add(call.arena));
  }
  return out;
}

}  // namespace

void RegisterListeners(api::Registry& registry) {
  registry.Add<wire::ops::CreateListener>(Create, On(&wire::CreateListenerInput::load_balancer_arn));
  registry.Add<wire::ops::DescribeListeners>(Describe);
  registry.Add<wire::ops::ModifyListener>(Modify, On(&wire::ModifyListenerInput::listener_arn));
  registry.Add<wire::ops::DeleteListener>(Delete, On(&wire::DeleteListenerInput::listener_arn));
  registry.Add<wire::ops::DescribeListenerAttributes>(DescribeAttributes);
  registry.Add<wire::ops::ModifyListenerAttributes>(ModifyAttributes, On(&wire::ModifyListenerAttributesInput::listener_arn));
  registry.Add<wire::ops::DescribeRules>(DescribeRules);
}

}  // namespace terrarium::elbv2
