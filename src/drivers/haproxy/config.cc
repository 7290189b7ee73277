#include "drivers/haproxy/config.h"

#include "base/text.h"

namespace terrarium::haproxy {
namespace {

using proxy::Action;
using proxy::ActionType;

std::string Page(int status, std::string_view reason) {
  const std::string title = std::to_string(status) + " " + std::string(reason);
  return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n";
}

// A part of a redirect's Location as a format: keywords become what the request has, the rest stands for itself.
std::string Template(std::string_view text) {
  struct Keyword { std::string_view name, sample; };
  static constexpr Keyword kKeywords[] = {{"#{protocol}", "http"}, {"#{host}", "%[var(txn.hostonly)]"}, {"#{port}", "%[dst_port]"},
                                          {"#{path}", "%[path,regsub(^/,)]"}, {"#{query}", "%[query]"}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const Keyword& keyword : kKeywords) {
      if (!text.starts_with(keyword.name)) continue;
      out += keyword.sample;
      text.remove_prefix(keyword.name.size());
      found = true;
      break;
    }
    if (found) continue;
    out += text[0] == '%' ? "%%" : std::string(1, text[0]);
    text.remove_prefix(1);
  }
  return out;
}

void RenderAction(std::string& out, const Action& action) {
  switch (action.type) {
    case ActionType::kForward:
      out += "  use_backend " + FailOpenName(action.target_group) + " if { nbsrv(" + action.target_group + ") lt 1 }\n";
      out += "  default_backend " + action.target_group + "\n";
      return;
    case ActionType::kFixedResponse:
      out += "  http-request return status " + std::to_string(action.status) + " hdr Server awselb/2.0";
      // HAProxy takes no empty text; without one it sends no body.
      if (!action.body.empty()) out += " content-type " + action.content_type + " string " + Quote(action.body);
      out += "\n";
      return;
    case ActionType::kRedirect: {
      std::string location = Template(ToLower(action.protocol)) + "://" + Template(action.host) + ":" + Template(action.port) + Template(action.path);
      // "#{query}" of a request without a query leaves no question mark behind.
      if (action.query == "#{query}") location += "%[var(txn.qs)]";
      else if (!action.query.empty()) location += "?" + Template(action.query);
      out += "  http-request return status " + std::to_string(action.status) + " content-type text/html hdr Server awselb/2.0 hdr Location " +
             Quote(location) + " string " + Quote(Page(action.status, action.status == 301 ? "Moved Permanently" : "Found")) + "\n";
      return;
    }
  }
}

void RenderListener(std::string& out, const proxy::Listener& listener, int fd) {
  const std::string port = std::to_string(listener.port);
  out += "frontend listener-" + port + " from alb\n";
  // Without "proto h1" a client could speak HTTP/2 in the clear, which an ALB does not.
  out += "  bind fd@" + std::to_string(fd) + " proto h1\n";
  out += R"(  http-request set-var(txn.hostonly) req.hdr(host),regsub(:[0-9]+$,)
  http-request set-var-fmt(txn.qs) "?%[query]" if { query -m len gt 0 }
  http-request set-var-fmt(txn.newid) "1-%[date,bytes(4,4),hex,lower]-%[uuid,regsub(-,,g),bytes(0,24)]"
  http-request set-var-fmt(txn.trace) "Root=%[var(txn.newid)]" if !{ req.fhdr(x-amzn-trace-id) -m sub Root= }
  http-request set-var-fmt(txn.trace) "Self=%[var(txn.newid)];%[req.fhdr(x-amzn-trace-id),regsub(Self=[^;]*;?,)]" if { req.fhdr(x-amzn-trace-id) -m sub Root= }
  http-request set-header X-Amzn-Trace-Id %[var(txn.trace)]
  http-request return status 405 hdr Server awselb/2.0 if METH_TRACE
  http-request return status 400 hdr Server awselb/2.0 if { req.ver -m str 1.1 } !{ req.hdr(host) -m found }
  http-request return status 463 hdr Server awselb/2.0 if { req.hdr_cnt(x-forwarded-for) gt 30 }
  http-request set-var-fmt(txn.xff) "%[src]"
  http-request set-var-fmt(txn.xff) "%[req.fhdr(x-forwarded-for)], %[src]" if { req.fhdr(x-forwarded-for) -m found }
  http-request set-header X-Forwarded-For %[var(txn.xff)]
  http-request set-header X-Forwarded-Proto http
)";
  out += "  http-request set-header X-Forwarded-Port " + port + "\n";
  RenderAction(out, listener.action);
}

// HAProxy answers 503 where a connection to a target fails; an ALB says 502, or 504 where it took too long.
constexpr std::string_view kStatusRules = R"(  http-after-response set-status 502 reason "Bad Gateway" if { status 503 } { txn.sess_term_state -m beg S } { nbsrv gt 0 }
  http-after-response set-status 504 reason "Gateway Time-out" if { status 503 } { txn.sess_term_state -m beg s } { nbsrv gt 0 }
)";

// Nothing but the targets' own lines begins with "  server ": all else that says how they are treated stands outside of them.
void RenderTargets(std::string& out, const proxy::TargetGroup& group, bool checked) {
  out += "  default-server " + ServerKeywords(group, checked) + "\n";
  for (const proxy::Target& target : group.targets) out += "  server " + target.Name() + " " + target.Name() + "\n";
}

void RenderGroup(std::string& out, const proxy::TargetGroup& group) {
  const proxy::HealthCheck& check = group.check;
  out += "backend " + group.id + " from alb\n  balance roundrobin\n  option httpchk\n  http-check connect";
  if (check.port != 0) out += " port " + std::to_string(check.port);
  out += "\n  http-check send meth GET uri " + Quote(check.path) +
         " ver HTTP/1.1 hdr Host %[srv_name] hdr User-Agent ELB-HealthChecker/2.0 hdr Connection close\n"
         "  http-check expect status " + check.matcher + "\n  timeout check " + std::to_string(check.timeout) + "s\n";
  out += kStatusRules;
  RenderTargets(out, group, true);
  out += "backend " + FailOpenName(group.id) + " from alb\n  balance roundrobin\n";
  out += kStatusRules;
  RenderTargets(out, group, false);
}

}  // namespace

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view(" -_./:,;=?&()[]%<>").contains(c);
    if (plain) out += c;
    else out += "\\x" + HexEncode(std::string_view(&c, 1));
  }
  return out + "\"";
}

std::string ServerKeywords(const proxy::TargetGroup& group, bool checked) {
  const proxy::HealthCheck& check = group.check;
  return (checked ? "check inter " + std::to_string(check.interval) + "s rise " + std::to_string(check.healthy) + " fall " + std::to_string(check.unhealthy) + " " : std::string()) + "pool-purge-delay 2s";
}

std::string FailOpenName(const std::string& group) { return group + "_fo"; }

std::string RenderConfig(const proxy::Spec& spec, const std::map<std::uint16_t, int>& fds, const std::string& state_file) {
  const std::string idle = std::to_string(spec.idle_timeout) + "s\n";
  std::string out =
      "global\n  nbthread 2\n  maxconn 4000\n  stats socket fd@" + std::to_string(kAdminFd) + " level admin\n  hard-stop-after 3700s\n"
      "  tune.bufsize 65536\n  tune.maxrewrite 4096\n  max-spread-checks 200ms\n  server-state-file " + Quote(state_file) + "\n";
  // max-spread-checks: an ALB's first check of a target is at once; without it HAProxy's come within an interval.
  // A connection that is not even made has carried nothing: another target gets the request, where there is one.
  // idle-close-on-response: clients with an idle connection must not see it closed at a change of configuration.
  out += "defaults alb\n  mode http\n  option idle-close-on-response\n  option abortonclose\n  http-reuse safe\n  retries 1\n  option redispatch 1\n  retry-on conn-failure\n  timeout connect 10s\n"
         "  load-server-state-from-file global\n";
  for (const char* timeout : {"client", "server", "http-request", "http-keep-alive", "tunnel"}) out += std::string("  timeout ") + timeout + " " + idle;
  struct Answer { int status; const char* reason; };
  for (const Answer& answer : {Answer{400, "Bad Request"}, {408, "Request Time-out"}, {500, "Internal Server Error"}, {502, "Bad Gateway"},
                               {503, "Service Temporarily Unavailable"}, {504, "Gateway Time-out"}}) {
    out += "  http-error status " + std::to_string(answer.status) + " content-type text/html hdr Server awselb/2.0 string " +
           Quote(Page(answer.status, answer.reason)) + "\n";
  }
  for (const proxy::Listener& listener : spec.listeners) RenderListener(out, listener, fds.at(listener.port));
  for (const proxy::TargetGroup& group : spec.groups) RenderGroup(out, group);
  return out;
}

}  // namespace terrarium::haproxy
