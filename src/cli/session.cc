#include "cli/session.h"

#include "base/file.h"
#include "base/text.h"

namespace terrarium::cli {
namespace {

constexpr std::string_view kStateDir = "/var/lib/terrarium";

bool IsLoopback(std::string_view url) {
  const auto scheme = url.find("://");
  const std::string_view host = scheme == url.npos ? url : url.substr(scheme + 3);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

}  // namespace

Answer<aws::Environment> Session::CloudEnvironment() const {
  aws::Environment base = world.environment;
  const std::string region = arguments.Value("region");
  std::map<std::string, std::string> own;
  if (!region.empty()) own["AWS_REGION"] = region;
  if (base("AWS_ENDPOINT_URL").empty()) {
    const std::string state = arguments.Value("state-dir", std::string(kStateDir));
    const auto text = ReadFile(state + "/engine/root-credentials");
    if (!text) {
      if (text.error().kind == ErrorKind::kNotFound)
        return std::unexpected(Problem("NO-ENGINE", "there is no engine on this machine", state + " holds none, and AWS_ENDPOINT_URL is not set", "", "terrarium up", ExitCode::kNoEngine));
      return std::unexpected(Problem("CREDENTIALS", "the engine's credentials cannot be read", text.error().message, "no call was made", "run this as root, or set AWS_ENDPOINT_URL and credentials", ExitCode::kNotAllowed));
    }
    for (const std::string_view line : Split(*text, '\n')) {
      const auto equals = line.find('=');
      if (equals != line.npos) own[std::string(Trim(line.substr(0, equals)))] = std::string(Trim(line.substr(equals + 1)));
    }
    own["AWS_ACCESS_KEY_ID"] = own["aws_access_key_id"];
    own["AWS_SECRET_ACCESS_KEY"] = own["aws_secret_access_key"];
    own["AWS_SESSION_TOKEN"] = own["AWS_PROFILE"] = own["AWS_DEFAULT_PROFILE"] = "";
    own["AWS_ENDPOINT_URL"] = "http://127.0.0.1:" + arguments.Value("port", "4566");
    if (region.empty() && base("AWS_REGION").empty() && base("AWS_DEFAULT_REGION").empty()) own["AWS_REGION"] = "us-east-1";
  }
  return [base = std::move(base), own = std::move(own)](const char* name) {
    const auto it = own.find(name);
    return it == own.end() ? base(name) : it->second;
  };
}

Answer<Cloud*> Session::cloud() {
  if (!cloud_) {
    TRY_ASSIGN(const aws::Environment environment, CloudEnvironment());
    auto opened = world.open_cloud(environment);
    if (!opened) return std::unexpected(Problem(opened.error(), "where and as whom to call is not known", "no call was made"));
    cloud_ = *std::move(opened);
  }
  return cloud_.get();
}

Answer<Json> Session::Call(std::string_view service, std::string_view operation, Json request) {
  TRY_ASSIGN(Cloud* const api, cloud());
  if (arguments.Has("verbose")) out.Note("  " + std::string(service) + " " + std::string(operation) + " " + request.Write());
  auto answer = api->Call(service, operation, request);
  if (answer) return *std::move(answer);
  Problem problem(answer.error());
  problem.why = std::string(service) + ":" + std::string(operation) + " · " + problem.why;
  return std::unexpected(std::move(problem));
}

Answer<Json::Array> Session::CallAll(std::string_view service, std::string_view operation, Json request, std::string_view list, std::string_view token_in, std::string_view token_out) {
  Json::Array all;
  for (;;) {
    TRY_ASSIGN(const Json page, Call(service, operation, request));
    for (const Json& one : page[list].array()) all.push_back(one);
    if (page[token_out].string().empty()) return all;
    request.Set(token_in, page[token_out]);
  }
}

bool Session::on_this_machine() const { return cloud_ && IsLoopback(cloud_->endpoint()); }

Answer<std::string> Session::Where() {
  TRY_ASSIGN(Cloud* const api, cloud());
  if (IsLoopback(api->endpoint())) return std::string("this machine");
  TRY_ASSIGN(const Json who, Call("sts", "GetCallerIdentity"));
  return "AWS " + who["Account"].string();
}

std::string TimeOfDay(UnixMillis t) { return FormatIso8601(t).substr(11, 8); }

std::optional<UnixMillis> TimeOf(const Json& value) {
  if (value.is_int()) return value.integer();
  return value.is_string() ? ParseIso8601(value.string()) : std::nullopt;
}

std::string LastPart(std::string_view arn) {
  if (const auto slash = arn.rfind('/'); slash != arn.npos) return std::string(arn.substr(slash + 1));
  // "arn:aws:rds:us-east-1:000000000000:db:drupal"
  if (arn.starts_with("arn:")) return std::string(arn.substr(arn.rfind(':') + 1));
  return std::string(arn);
}

std::string ShortId(std::string_view arn) { return LastPart(arn).substr(0, 8); }

std::string ShortZone(std::string_view zone) {
  const auto dash = zone.rfind('-');
  return std::string(dash == zone.npos ? zone : zone.substr(dash + 1));
}

Json NewDocument(std::string_view command) {
  Json out;
  out.Set("v", 1);
  out.Set("command", command);
  return out;
}

}  // namespace terrarium::cli
