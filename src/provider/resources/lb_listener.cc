#include <algorithm>

#include "provider/resources/elbv2.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
alpn_policy                                                           string optional refused
arn                                                                   string computed < ListenerArn
certificate_arn                                                       string optional
id                                                                    string optional computed < ListenerArn
load_balancer_arn                                                     string required replaces <> LoadBalancerArn
port                                                                  number optional <> Port
protocol                                                              string optional computed <> Protocol
region                                                                string optional computed replaces
routing_http_request_x_amzn_mtls_clientcert_header_name               string optional computed refused
routing_http_request_x_amzn_mtls_clientcert_issuer_header_name        string optional computed refused
routing_http_request_x_amzn_mtls_clientcert_leaf_header_name          string optional computed refused
routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name string optional computed refused
routing_http_request_x_amzn_mtls_clientcert_subject_header_name       string optional computed refused
routing_http_request_x_amzn_mtls_clientcert_validity_header_name      string optional computed refused
routing_http_request_x_amzn_tls_cipher_suite_header_name              string optional computed refused
routing_http_request_x_amzn_tls_version_header_name                   string optional computed refused
routing_http_response_access_control_allow_credentials_header_value   string optional computed refused
routing_http_response_access_control_allow_headers_header_value       string optional computed refused
routing_http_response_access_control_allow_methods_header_value       string optional computed refused
routing_http_response_access_control_allow_origin_header_value        string optional computed refused
routing_http_response_access_control_expose_headers_header_value      string optional computed refused
routing_http_response_access_control_max_age_header_value             string optional computed refused
routing_http_response_content_security_policy_header_value            string optional computed refused
routing_http_response_server_enabled                                  bool optional computed refused
routing_http_response_strict_transport_security_header_value          string optional computed refused
routing_http_response_x_content_type_options_header_value             string optional computed refused
routing_http_response_x_frame_options_header_value                    string optional computed refused
ssl_policy                                                            string optional computed <> SslPolicy
tags                                                                  map(string) optional
tags_all                                                              map(string) optional computed
tcp_idle_timeout_seconds                                              number optional computed refused
block default_action list min=1 <> DefaultActions {
  order            number optional computed <> Order
  target_group_arn string optional <> TargetGroupArn
  type             string required in=forward|redirect|fixed-response|authenticate-cognito|authenticate-oidc|jwt-validation <> Type
  block authenticate_cognito list max=1 refused {
    authentication_request_extra_params map(string) optional
    on_unauthenticated_request          string optional computed
    scope                               string optional computed
    session_cookie_name                 string optional computed
    session_timeout                     number optional computed
    user_pool_arn                       string required
    user_pool_client_id                 string required
    user_pool_domain                    string required
  }
  block authenticate_oidc list max=1 refused {
    authentication_request_extra_params map(string) optional
    authorization_endpoint              string required
    client_id                           string required
    client_secret                       string required sensitive
    issuer                              string required
    on_unauthenticated_request          string optional computed
    scope                               string optional computed
    session_cookie_name                 string optional computed
    session_timeout                     number optional computed
    token_endpoint                      string required
    user_info_endpoint                  string required
  }
  block fixed_response list max=1 <> FixedResponseConfig {
    content_type string required <> ContentType
    message_body string optional <> MessageBody
    status_code  string optional computed <> StatusCode
  }
  block forward list max=1 > ForwardConfig {
    block stickiness list max=1 <> TargetGroupStickinessConfig {
      duration number required <> DurationSeconds
      enabled  bool optional = false <> Enabled
    }
    block target_group set min=1 max=5 <> TargetGroups {
      arn    string required <> TargetGroupArn
      weight number optional = 1 <> Weight
    }
  }
  block jwt_validation list max=1 refused {
    issuer        string required
    jwks_endpoint string required
    block additional_claim set {
      format string required
      name   string required
      values set(string) required
    }
  }
  block redirect list max=1 <> RedirectConfig {
    host        string optional = "#{host}" <> Host
    path        string optional = "/#{path}" <> Path
    port        string optional = "#{port}" <> Port
    protocol    string optional = "#{protocol}" <> Protocol
    query       string optional = "#{query}" <> Query
    status_code string required <> StatusCode
  }
}
block mutual_authentication list max=1 refused {
  advertise_trust_store_ca_names   string optional computed
  ignore_client_certificate_expiry bool optional
  mode                             string required
  trust_store_arn                  string optional
}
)";

Object Request(const Call& call, const Object& planned) {
  Object request = ToApi(call.body, planned);
  if (const auto& certificate = At(planned, "certificate_arn").Text(); !certificate.empty())
    request["Certificates"] = List{Object{{"CertificateArn", certificate}}};
  return request;
}

Result<void> Create(Call& call, const Object& planned) {
  Object request = WithElbTags(Request(call, planned), planned);
  if (!request.contains("Protocol")) request["Protocol"] = request.contains("Certificates") ? "HTTPS" : "HTTP";
  TRY_ASSIGN(const Object made, call.RetryOn({"CertificateNotFound"}, "elbv2", "CreateListener", request));
  const auto& listeners = At(made, "Listeners").Items();
  if (listeners.empty()) return Fail(ErrorKind::kUnavailable, "the answer names no listener");
  call.Created(listeners[0]["ListenerArn"].Text());
  return {};
}

// The API answers a plain forward twice: as the action's target group and as a forward configuration of one group. The
// state keeps the one that is configured; after an import, the plain one.
void KeepForwardForm(const Value& known, const Value& answered, const Body& body, Value& action) {
  auto& out = *action.If<Object>();
  const Value& forward = answered["ForwardConfig"];
  if (forward.IsNull()) return;
  const bool plain = !known["target_group_arn"].Text().empty();
  const bool block = !known["forward"].Items().empty();
  const bool weighted = forward["TargetGroups"].Items().size() > 1;
  if (block || (weighted && !plain)) out["forward"] = List{FromApi(FindBlock(body, "forward")->body, forward)};
  if (block && !plain) out["target_group_arn"] = "";
  if (!plain && !block && out["target_group_arn"].Text().empty() && !weighted && !forward["TargetGroups"].Items().empty())
    out["target_group_arn"] = forward["TargetGroups"].Items()[0]["TargetGroupArn"];
}

Result<std::optional<Object>> Read(Call& call, const Object& state) {
  const Value& arn = At(state, "id");
  TRY_ASSIGN(const auto found, call.Find("elbv2", "DescribeListeners", {{"ListenerArns", List{arn}}}, "Listeners",
                                         {"ListenerNotFound", "ListenerNotFoundException"}));
  if (!found) return std::nullopt;
  Object out = FromApi(call.body, *found);
  const Body& action = FindBlock(call.body, "default_action")->body;
  List answered = (*found)["DefaultActions"].Items();
  std::ranges::sort(answered, {}, [](const Value& one) { return one["Order"].Int(); });
  List actions;
  const auto& known = At(state, "default_action").Items();
  for (std::size_t i = 0; i < answered.size(); ++i) {
    Value one = FromApi(action, answered[i]);
    KeepForwardForm(i < known.size() ? known[i] : Value(), answered[i], action, one);
    actions.push_back(std::move(one));
  }
  out["default_action"] = std::move(actions);
  const auto& certificates = (*found)["Certificates"].Items();
  out["certificate_arn"] = certificates.size() == 1 ? certificates[0]["CertificateArn"] : Value("");
  TRY_ASSIGN(out["tags"], ReadElbTags(call, arn));
  return out;
}

Result<void> Update(Call& call, const Object& prior, const Object& planned) {
  Object request = Request(call, planned);
  request.erase("LoadBalancerArn");
  request["ListenerArn"] = At(prior, "id");
  auto changed = call.RetryOn({"CertificateNotFound"}, "elbv2", "ModifyListener", request);
  return changed ? Result<void>() : std::unexpected(std::move(changed).error());
}

Result<void> Destroy(Call& call, const Object& state) {
  return call.Remove("elbv2", "DeleteListener", {{"ListenerArn", At(state, "id")}},
                     {"ListenerNotFound", "ListenerNotFoundException"});
}

}  // namespace

Resource LbListener() {
  using std::chrono::minutes;
  return {
      .type = "aws_lb_listener",
      .title = "ELBv2 Listener",
      .schema = {.body = ParseTable(kTable)},
      .timeouts = {.create = minutes(5), .update = minutes(5)},
      .tags = kElbTags,
      .create = Create,
      .read = Read,
      .update = Update,
      .destroy = Destroy,
  };
}

}  // namespace terrarium::provider
