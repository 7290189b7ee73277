#include "drivers/haproxy/runtime_api.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace terrarium::haproxy {

Result<std::vector<ServerStat>> ParseStat(std::string_view csv) {
  std::map<std::string_view, std::size_t> columns;
  std::vector<ServerStat> out;
  for (const std::string_view line : Split(csv, '\n')) {
    if (line.empty()) continue;
    const auto fields = Split(line, ',');
    if (columns.empty()) {
      if (!line.starts_with("# pxname,svname,")) return Fail(ErrorKind::kInvalid, "the load balancer's table does not fit", Printable(line));
      for (std::size_t i = 0; i < fields.size(); ++i) columns[i == 0 ? "pxname" : fields[i]] = i;
      continue;
    }
    const auto field = [&](std::string_view name) {
      const auto at = columns.find(name);
      return at == columns.end() || at->second >= fields.size() ? std::string() : std::string(fields[at->second]);
    };
    ServerStat stat{field("pxname"), field("svname"), field("status"), field("check_status"), field("check_code")};
    // "* L7OK": the next check is under way.
    if (stat.check_status.starts_with("* ")) stat.check_status.erase(0, 2);
    stat.current = ParseInt(field("scur")).value_or(0);
    if (stat.server != "FRONTEND" && stat.server != "BACKEND") out.push_back(std::move(stat));
  }
  if (columns.empty()) return Fail(ErrorKind::kInvalid, "the load balancer's table is empty");
  return out;
}

std::map<std::string, std::string> ParseServersState(std::string_view text) {
  std::map<std::string, std::string> out;
  for (const std::string_view line : Split(text, '\n')) {
    const auto fields = Split(line, ' ');
    if (fields.size() < 20 || line.starts_with('#')) continue;
    out.emplace(std::string(fields[1]) + "/" + std::string(fields[3]), line);
  }
  return out;
}

bool InMaintenance(std::string_view line) {
  const auto fields = Split(line, ' ');
  return fields.size() > 6 && (ParseInt(fields[6]).value_or(0) & 0x01) != 0;
}

std::string RenderServersState(const std::vector<WantedServer>& wanted, const std::map<std::string, std::string>& known) {
  constexpr int kAdmin = 6;           // the field with the operator's states
  constexpr int kForcedDrain = 0x08;
  std::string out =
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status "
      "srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl "
      "srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n";
  for (const WantedServer& server : wanted) {
    const auto had = known.find(server.backend + "/" + server.server);
    if (had == known.end()) {
      out += "1 " + server.backend + " 1 " + server.server + " " + server.address + " 2 " + std::to_string(kForcedDrain) +
             " 1 1 0 1 0 1 6 0 0 0 - " + std::to_string(server.port) + " - 0 0 - - 0\n";
      continue;
    }
    auto fields = Split(had->second, ' ');
    const auto admin = ParseInt(fields[kAdmin]).value_or(0);
    const std::string drained = std::to_string(server.draining ? admin | kForcedDrain : admin);
    fields[kAdmin] = drained;
    for (std::size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : " ") + std::string(fields[i]);
    out += "\n";
  }
  return out;
}

Result<std::string> Ask(const std::string& path, const std::string& command, Millis patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Fail(ErrorKind::kInvalid, "the path of a socket is too long", path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return SystemFail("socket", errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return SystemFail("the load balancer's socket", errno);
  TRY(WriteAll(socket.get(), command + "\n"));
  std::string answer;
  for (;;) {
    pollfd wait{socket.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Fail(ErrorKind::kUnavailable, "the load balancer does not answer");
    char buffer[16384];
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got < 0) return SystemFail("the load balancer's socket", errno);
    if (got == 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(got));
    if (answer.size() > (8u << 20)) return Fail(ErrorKind::kLimit, "the load balancer's answer is too long");
  }
}

}  // namespace terrarium::haproxy
