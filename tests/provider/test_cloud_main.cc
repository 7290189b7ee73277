// The plugin over a cloud that a test plays: one JSON line a call over a unix socket, one line back.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"
#include "provider/run.h"
#include "provider/value/json.h"

namespace {

using namespace terrarium;
using namespace terrarium::provider;

Result<UniqueFd> Connect(const char* path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return Fail(ErrorKind::kUnavailable, "the test's cloud does not answer");
  return socket;
}

class TestCloud final : public Cloud {
 public:
  TestCloud(const char* path, std::string region) : path_(path), region_(std::move(region)) {}

  std::string HomeRegion() const override { return region_.empty() ? "us-east-1" : region_; }

  Result<Object> Call(std::string_view region, std::string_view service, std::string_view operation,
                      const Object& request) override {
    TRY_ASSIGN(const UniqueFd socket, Connect(path_));
    const std::string line = WriteJson(Object{{"region", region}, {"service", service}, {"operation", operation},
                                              {"request", request}}) + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
      const ssize_t n = ::send(socket.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return Fail(ErrorKind::kUnavailable, "the test's cloud hung up");
      sent += static_cast<std::size_t>(n);
    }
    std::string answer;
    char part[65536];
    for (ssize_t n = 0; (n = ::recv(socket.get(), part, sizeof part, 0)) > 0;) answer.append(part, static_cast<std::size_t>(n));
    TRY_ASSIGN(const Value value, ParseJson(answer));
    if (const auto& code = value["code"].Text(); !code.empty())
      return std::unexpected(Error{ErrorKind::kInvalid, code, value["message"].Text(), {}});
    return value["answer"].Fields();
  }

 private:
  const char* path_;
  const std::string region_;
};

}  // namespace

int main(int argc, char** argv) {
  return Run(argc, argv, [](const Settings& settings, const StopSignal&) -> Result<std::unique_ptr<Cloud>> {
    return std::make_unique<TestCloud>(std::getenv("TERRARIUM_TEST_CLOUD"), settings.region);
  });
}
