#include "cli/commands/commands.h"
#include "cli/progress.h"
#include "cli/stack_view.h"
#include "cli/tasks.h"
#include "sigv4/digest.h"

namespace terrarium::cli {
namespace {

Answer<std::string> SiteUrl(Session& session) {
  TRY_ASSIGN(const Json balancer, FindLoadBalancer(session, session.stack()));
  if (balancer.is_null()) return std::unexpected(Problem("NO-SITE", "there is no load balancer " + session.stack(), "the stack was not made, or has another --name", "", "terrarium up", ExitCode::kBadAnswer));
  TRY_ASSIGN(const std::string url, UrlOf(session, balancer));
  if (url.empty())
    return std::unexpected(Problem("NO-DOOR", "the load balancer " + session.stack() + " has no door of its own on this machine", "it is internal, or one of several", "", "reach it from a task: http://" + balancer["DNSName"].string() + "/",
                                   ExitCode::kBadAnswer));
  return url;
}

// The token is made here and only its hash goes to the task, so no log has a link that lets anybody in.
Answer<std::string> LoginLink(Session& session, const std::string& url) {
  TRY_ASSIGN(const Json service, FindService(session, session.stack(), session.stack()));
  if (service.is_null()) return std::unexpected(Problem("NO-SERVICE", "there is no service " + session.stack(), "", "", "terrarium up", ExitCode::kBadAnswer));
  TRY_ASSIGN(const Json definition, FindTaskDefinition(session, PrimaryOf(service)["taskDefinition"].string()));
  const std::string token = RandomHex(session.world.random, 64);
  sigv4::Digester digester(1);
  Progress progress(session, "open", 1);
  progress.Begin("login");
  TRY_ASSIGN(const OneOff run, RunOneOff(session, service, definition, ServedContainer(service, definition), {"login", "--token-sha256=" + sigv4::Hex(digester.Sha256(token))}, session.now() + 120'000,
                                         [&](const std::string& status) { progress.Still("one-off task · " + status); }));
  if (run.exit_code == 0) {
    progress.End(Mark::kOk, "good for one login within an hour");
    return url + "login?token=" + token;
  }
  progress.End(Mark::kBad, run.end);
  std::string why = "task " + ShortId(run.task) + " " + run.end;
  for (const std::string& line : LastLines(session, definition, run.task, 5)) why += "\n| " + line;
  if (run.exit_code == 2) why += "\nonly the canary site takes a token; Drupal prints its links, and what a task prints is logged";
  return std::unexpected(Problem("NO-LOGIN", "the site gave no login link", why, "nothing was changed", "terrarium logs --task " + ShortId(run.task)));
}

Outcome Open(Session& session) {
  const std::string what = session.arguments.words().empty() ? "site" : session.arguments.words().front();
  if (what != "site" && what != "admin") return Usage("terrarium open knows no " + what, "terrarium open, or terrarium open admin");
  TRY(session.cloud());
  TRY_ASSIGN(std::string url, SiteUrl(session));
  if (what == "admin") {
    if (!session.out.terminal() && !session.arguments.Has("print-secret"))
      return std::unexpected(Problem("NEEDS-TERMINAL", "a login link is shown on a terminal only", "whoever reads it is let in, and what is not a terminal is often kept", "no link was made", "terrarium open admin --print-secret",
                                     ExitCode::kNeedsAnswer));
    TRY_ASSIGN(url, LoginLink(session, url));
  }
  Json document = NewDocument("open");
  document.Set("url", url);
  session.out.Document(document);
  session.out.Raw(url);
  return ExitCode::kDone;
}

}  // namespace

CommandSpec OpenCommand() {
  return {.name = "open",
          .summary = "Prints where the site is, or a one-time login link.",
          .usage = "[admin]",
          .examples = {"open", "open admin"},
          .flags = {{"print-secret", "", "prints the link although nobody reads along on a terminal"}},
          .most_words = 1,
          .codes = {"3  the site is not there", "8  a link is for a terminal only"},
          .run = Open};
}

}  // namespace terrarium::cli
