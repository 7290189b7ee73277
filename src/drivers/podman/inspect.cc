#include "drivers/podman/inspect.h"

#include "base/json.h"
#include "base/text.h"

namespace terrarium::podman {
namespace {

// podman's zero time is year 1.
std::optional<std::int64_t> Time(const Json& text) {
  if (!text.is_string() || text.string().starts_with("0001-")) return std::nullopt;
  return ParseIso8601(text.string());
}

std::string LastLine(std::string_view text) {
  std::string_view last;
  for (std::string_view line : Split(text, '\n')) {
    if (!Trim(line).empty()) last = Trim(line);
  }
  if (last.starts_with("Error: ")) last.remove_prefix(7);
  // The path of the driver's own program is of no use to a user.
  if (const std::size_t at = last.find("/terrarium-oci: "); at != std::string_view::npos) last.remove_prefix(at + 16);
  return Printable(last.substr(0, 1024));
}

bool Holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

List<Str> ParseLines(std::string_view text, Arena& arena) {
  List<Str> out;
  out.Present(arena);
  for (std::string_view line : Split(text, '\n')) {
    if (!Trim(line).empty()) out.Add(arena, Str(arena.Copy(Trim(line))));
  }
  return out;
}

Result<List<ContainerState>> ParseContainers(std::string_view json, std::string_view instance, const std::function<bool(std::string_view id)>& out_of_memory, Arena& arena) {
  TRY_ASSIGN(const Json all, Json::Parse(json));
  List<ContainerState> out;
  out.Present(arena);
  for (const Json& c : all.array()) {
    const Json& labels = c["Config"]["Labels"];
    if (labels["terrarium.instance"].string() != instance || labels["terrarium.name"].string().empty()) continue;
    ContainerState& s = out.Add(arena);
    s.name = arena.Copy(labels["terrarium.name"].string());
    s.task = arena.Copy(labels["terrarium.task"].string());
    s.generation = ParseInt(labels["terrarium.generation"].string()).value_or(0);
    s.spec_hash = arena.Copy(labels["terrarium.spec-hash"].string());
    const Json& state = c["State"];
    const std::string& status = state["Status"].string();
    s.started_at = Time(state["StartedAt"]);
    s.finished_at = Time(state["FinishedAt"]);
    if (status == "running" || status == "stopping" || status == "paused") {
      s.status = "running";
      s.process_id = state["Pid"].integer();
      s.finished_at.reset();
    } else if ((status == "exited" || status == "stopped") && s.finished_at) {
      s.status = "exited";
      s.exit_code = static_cast<std::int32_t>(state["ExitCode"].integer());
      s.out_of_memory = state["OOMKilled"].boolean() || out_of_memory(c["Id"].string());
    } else if (s.started_at || status == "exited" || status == "stopped") {
      // It ran, but nobody saw its end: podman forgets running containers at a reboot.
      s.status = "lost";
    } else {
      s.status = "created";
    }
  }
  return out;
}

Result<EnsureImageResponse*> ParseImage(std::string_view json, Arena& arena) {
  TRY_ASSIGN(const Json all, Json::Parse(json));
  if (all.array().size() != 1) return Fail(ErrorKind::kNotFound, "no such image");
  const Json& image = all.array()[0];
  auto* out = arena.New<EnsureImageResponse>();
  out->image = arena.Copy(image["Id"].string());
  out->environment.Present(arena);
  for (const Json& e : image["Config"]["Env"].array()) {
    const std::string_view text = e.string();
    const std::size_t at = text.find('=');
    if (at == std::string_view::npos) continue;
    auto& v = out->environment.Add(arena);
    v.name = arena.Copy(text.substr(0, at));
    v.value = arena.Copy(text.substr(at + 1));
  }
  if (const Json* s = image["Config"].Find("StopSignal")) out->stop_signal = arena.Copy(s->string());
  out->user = arena.Copy(image["Config"]["User"].string());
  out->size_bytes = image["Size"].integer();
  return out;
}

Error PullError(std::string_view text) {
  const std::string last = LastLine(text);
  const std::string lower = ToLower(text);
  ErrorKind kind = ErrorKind::kUnavailable;
  if (Holds(lower, "manifest unknown") || Holds(lower, "name unknown") || Holds(lower, "not found")) kind = ErrorKind::kNotFound;
  if (Holds(lower, "unauthorized") || Holds(lower, "denied") || Holds(lower, "authentication required")) kind = ErrorKind::kDenied;
  if (Holds(lower, "no space left")) kind = ErrorKind::kLimit;
  if (Holds(lower, "no image found in manifest list") || Holds(lower, "no image found in image index")) kind = ErrorKind::kInvalid;
  return {kind, {}, "the image could not be pulled: " + last, {}};
}

Error StartError(std::string_view text) {
  const std::string last = LastLine(text);
  const std::string lower = ToLower(text);
  ErrorKind kind = ErrorKind::kUnavailable;
  // What the image or the command of the caller makes impossible, and a repetition would not change.
  if (Holds(lower, "executable file") || Holds(lower, "no such file or directory: oci") || Holds(lower, "permission denied: oci") ||
      Holds(lower, "exec format error") || Holds(lower, "unable to find user") || Holds(lower, "no matching entries in passwd") ||
      Holds(lower, "unable to find group") || Holds(lower, "no command or entrypoint") || Holds(lower, "stat ") || Holds(lower, "is not a directory")) {
    kind = ErrorKind::kInvalid;
  }
  if (Holds(lower, "no space left")) kind = ErrorKind::kLimit;
  return {kind, {}, "the container could not be started: " + last, {}};
}

}  // namespace terrarium::podman
