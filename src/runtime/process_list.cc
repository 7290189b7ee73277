#include "runtime/process_list.h"

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::runtime {
namespace {

// A line like "Uid:\t1000\t1000\t…" or "PPid:\t12".
std::optional<std::int64_t> FirstNumber(std::string_view status, std::string_view name) {
  for (const std::string_view line : Split(status, '\n'))
    if (line.starts_with(name)) return ParseInt(Split(line.substr(name.size()), '\t')[0]);
  return std::nullopt;
}

}  // namespace

bool RunningProcess::Names(std::string_view argument) const { return std::ranges::find(argv, argument) != argv.end(); }

Result<std::vector<RunningProcess>> ProcessesOf(uid_t user) {
  TRY_ASSIGN(const std::vector<std::string> names, ListDirectory("/proc"));
  std::vector<RunningProcess> out;
  for (const std::string& name : names) {
    const auto pid = ParseInt(name);
    if (!pid) continue;
    // The identity first: what is read afterwards is the same process', or its identity is nobody's any more.
    const auto identity = DetachedProcess::IdentityOf(static_cast<pid_t>(*pid));
    const auto status = identity ? ReadFile("/proc/" + name + "/status", 1 << 16) : std::unexpected(identity.error());
    if (!status || FirstNumber(*status, "Uid:\t") != user) continue;
    const auto line = ReadFile("/proc/" + name + "/cmdline", 4 << 20);
    if (!line || line->empty()) continue;
    RunningProcess one{*identity, static_cast<pid_t>(FirstNumber(*status, "PPid:\t").value_or(0)), {}};
    for (const std::string_view argument : Split(*line, '\0')) one.argv.emplace_back(argument);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace terrarium::runtime
