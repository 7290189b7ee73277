#include "daemon/options.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace terrarium::daemon {
namespace {

bool Is(std::string_view s, std::string_view alphabet, std::size_t most) {
  return !s.empty() && s.size() <= most && s.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

Result<Options> ParseOptions(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) return Fail(ErrorKind::kInvalid, std::string(name) + " needs a value");
    const std::string value = argv[++i];
    if (name == "--instance") o.instance = value;
    else if (name == "--state-dir") o.state_dir = value;
    else if (name == "--run-dir") o.run_dir = value;
    else if (name == "--listen") o.listen = value;
    else if (name == "--account") o.account = value;
    else if (name == "--region") o.region = value;
    else if (name == "--user") o.user = value;
    else if (name == "--programs-dir") o.programs_dir = value;
    else if (name == "--remove-all" && (value == "yes" || value == "no")) o.remove_all = value == "yes";
    else if (name == "--stop-all" && (value == "yes" || value == "no")) o.stop_all = value == "yes";
    else if (name == "--port" || name == "--door") {
      const auto port = ParseInt(value);
      if (!port || *port < 0 || *port > 65535) return Fail(ErrorKind::kInvalid, std::string(name) + " " + value + " is no port");
      (name == "--port" ? o.port : o.door) = static_cast<std::uint16_t>(*port);
    } else {
      return Fail(ErrorKind::kInvalid, "unknown option " + std::string(name));
    }
  }
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  if (!Is(o.instance, kLetters, 8)) return Fail(ErrorKind::kInvalid, "--instance must be one to eight of a-z and 0-9");
  if (!Is(o.account, "0123456789", 12) || o.account.size() != 12) return Fail(ErrorKind::kInvalid, "--account must be twelve digits");
  if (!Is(o.region, "abcdefghijklmnopqrstuvwxyz0123456789-", 32)) return Fail(ErrorKind::kInvalid, "--region must be the name of a region");
  if (o.listen != "127.0.0.1" && o.listen != "::1") return Fail(ErrorKind::kInvalid, "--listen must be 127.0.0.1 or ::1: the API is not served beyond this machine");
  if (!o.state_dir.starts_with('/')) return Fail(ErrorKind::kInvalid, "--state-dir must be an absolute path");
  if (o.run_dir.empty()) o.run_dir = "/run/terrarium/" + o.instance;
  if (o.programs_dir.empty()) o.programs_dir = o.state_dir + "/programs";
  return o;
}

}  // namespace terrarium::daemon
