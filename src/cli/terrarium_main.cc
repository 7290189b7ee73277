#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "aws/client.h"
#include "base/file.h"
#include "cli/command.h"
#include "runtime/child_process.h"
#include "runtime/http_client.h"

// The real world of the commands.
namespace terrarium::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

class AwsCloud final : public Cloud {
 public:
  explicit AwsCloud(std::unique_ptr<aws::Client> client) : client_(std::move(client)) {}
  std::string endpoint() const override { return client_->config().endpoints.at(""); }
  std::string region() const override { return client_->config().region; }
  Result<Json> Call(std::string_view service, std::string_view operation, const Json& request) override {
    TRY_ASSIGN(const std::string answer, client_->CallJson(service, operation, request.is_null() ? "{}" : request.Write()));
    return Json::Parse(answer);
  }

 private:
  const std::unique_ptr<aws::Client> client_;
};

Result<Page> Fetch(const std::string& url) {
  TRY_ASSIGN(const auto place, runtime::ParseHttpUrl(url));
  runtime::HttpEndpoint endpoint = place.first;
  runtime::HttpHeaders headers = {{"User-Agent", "terrarium"}};
  // Browsers know every name below localhost, resolvers do not.
  if (endpoint.host == "localhost" || endpoint.host.ends_with(".localhost")) {
    headers.emplace_back("Host", runtime::HostHeader(endpoint));
    endpoint.host = "127.0.0.1";
  }
  runtime::HttpClient client(endpoint);
  const auto begun = std::chrono::steady_clock::now();
  TRY_ASSIGN(const auto answer, client.Send({.target = place.second, .headers = headers, .timeout = Millis(5'000), .limit = 8u << 20}));
  return Page{answer.status, std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun), answer.body};
}

std::vector<char*> Pointers(const std::vector<std::string>& argv) {
  std::vector<char*> out;
  for (const std::string& word : argv) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

Error Become(const std::vector<std::string>& argv) {
  ::execv(argv[0].c_str(), Pointers(argv).data());
  return {ErrorKind::kNotFound, {}, argv[0] + ": " + std::strerror(errno), {}};
}

// Its own streams, so that a build shows what it does; a signal of the terminal reaches it by itself.
Result<int> RunChild(const std::vector<std::string>& argv) {
  runtime::Command command{.argv = argv};
  command.env.clear();
  for (char** one = environ; *one != nullptr; ++one) command.env.emplace_back(*one);
  command.fds = {{2, 2}, {2, 1}};
  TRY_ASSIGN(auto child, runtime::ChildProcess::Start(command));
  for (;;) {
    if (const auto exit = child.Wait(Millis(200))) return exit->code;
    if (interrupted) {
      (void)child.Signal(SIGINT);
      if (const auto exit = child.Wait(Millis(10'000))) return exit->code;
      return 130;
    }
  }
}

std::string FolderWithScripts(std::filesystem::path from) {
  std::error_code ignored;
  for (; from.has_relative_path(); from = from.parent_path())
    if (std::filesystem::exists(from / "scripts" / "stack.py", ignored)) return from.string();
  return {};
}

int Main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const SystemClock clock;
  SystemRandom random;
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  winsize size{};
  int columns = 80;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) columns = std::min<int>(size.ws_col, 120);
  bool closed = false;
  World world{.environment = aws::ProcessEnvironment(),
              .clock = clock,
              .random = random,
              .root = FolderWithScripts(self.parent_path()),
              .build = self.parent_path().string(),
              // Nobody reads any more: that is no failure of the command, and the end of one that goes on for ever.
              .out = [&](std::string_view text) { if (!closed && !WriteAll(STDOUT_FILENO, text)) closed = true; },
              .err = [](std::string_view text) { (void)WriteAll(STDERR_FILENO, text); },
              .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
              .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
              .columns = columns,
              .sleep = [](Millis span) {
                if (interrupted) return;
                const timespec time{span.count() / 1000, span.count() % 1000 * 1'000'000};
                ::nanosleep(&time, nullptr);
              },
              .interrupted = [&] { return interrupted != 0 || closed; },
              .open_cloud = [&](const aws::Environment& environment) -> Result<std::unique_ptr<Cloud>> {
                TRY_ASSIGN(auto client, aws::Client::Open({.stopped = [] { return interrupted != 0; }}, clock, environment));
                return std::make_unique<AwsCloud>(std::move(client));
              },
              .fetch = Fetch,
              .become = Become,
              .run = RunChild};
  const std::vector<std::string> words(argv + 1, argv + argc);
  return Run(world, words);
}

}  // namespace
}  // namespace terrarium::cli

int main(int argc, char** argv) { return terrarium::cli::Main(argc, argv); }
