#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "base/check.h"
#include "base/file.h"
#include "base/text.h"
#include "drivers/mysql/real_harness.h"
#include "drivers/mysql/tree.h"

namespace terrarium::mysql {
namespace {

// One state folder for all tests of this program, so that the template is made once. Removed at the end.
class Place final : public ::testing::Environment {
 public:
  static Place& Get() {
    static auto* place = static_cast<Place*>(::testing::AddGlobalTestEnvironment(new Place));
    return *place;
  }
  std::string folder;

  void SetUp() override {
    char name[] = "/tmp/trm-mysql-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    folder = name;
    ::chmod(name, 0711);
  }
  void TearDown() override {
    if (folder.empty()) return;
    EXPECT_TRUE(RemoveTree(folder));
  }
};
const Place& g_place = Place::Get();

const char* Programs() { return ::getenv("TERRARIUM_PROGRAMS"); }

int FreePort() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  TERRARIUM_CHECK(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  TERRARIUM_CHECK(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ::ntohs(address.sin_port);
}

}  // namespace

std::string RealHarness::WhyNot() {
  if (::geteuid() != 0) return "real database servers need root";
  if (Programs() == nullptr) return "real database servers need TERRARIUM_PROGRAMS (scripts/program_root.py ensure mysql)";
  const auto found = FindPrograms(Programs());
  if (!found || found->empty()) return "no usable program root for mysql in TERRARIUM_PROGRAMS";
  return {};
}

std::unique_ptr<RealHarness> RealHarness::Make() {
  if (!WhyNot().empty()) return nullptr;
  std::unique_ptr<RealHarness> harness(new RealHarness);
  harness->options_ = {.instance = "t" + std::to_string(::getpid() % 10'000'000), .state_dir = g_place.folder + "/state",
                       .run_dir = g_place.folder + "/run", .programs_dir = Programs(), .machine_network = true};
  harness->Reopen();
  return harness;
}

void RealHarness::Reopen() {
  auto opened = MysqlDatabaseHost::Open(options_, clock_, random_);
  TERRARIUM_CHECK(opened);
  host_ = *std::move(opened);
}

Surroundings RealHarness::Around() {
  return {{options_.state_dir, options_.run_dir}, options_.instance, options_.cgroup_mount, clock_, random_};
}

Program RealHarness::program() const { return FindPrograms(options_.programs_dir)->front(); }

int RealHarness::Port(int nth) const {
  static std::map<int, int> ports;
  if (!ports.contains(nth)) ports[nth] = FreePort();
  return ports[nth];
}

RealHarness::Answer RealHarness::Client(const std::string& id, const std::string& user, const std::string& password, const std::string& statements,
                                        const std::vector<std::string>& more, const std::string& network_namespace) const {
  const ServerPaths paths({options_.state_dir, options_.run_dir}, id);
  const auto record = LoadRecord(paths);
  if (!record || !*record) return {};
  const auto& spec = (*record)->spec;
  const std::string options = g_place.folder + "/client.cnf";
  std::string quoted;
  for (const char c : password) quoted += c == '\\' || c == '"' ? std::string("\\") + c : std::string(1, c);
  const std::string host = network_namespace.empty() ? "localhost" : spec.address;
  const bool written = WriteFileAtomically(options, "[client]\nprotocol=TCP\nhost=" + host + "\nport=" + std::to_string(spec.port) + "\nuser=" + user +
                                                        "\npassword=\"" + quoted + "\"\nssl-mode=VERIFY_IDENTITY\nssl-ca=" + paths.Tls() + "/ca.pem\n", 0600).has_value();
  if (!written) return {};
  const Program mysql = program();
  std::vector<std::string> arguments{"--defaults-file=" + options, "--batch", "--skip-column-names", "--force"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  runtime::Command command = mysql.Run(mysql.client, arguments);
  if (!network_namespace.empty()) command.network_namespace = "/run/netns/" + network_namespace;
  const auto done = runtime::RunProgram(command, statements);
  if (!done) return {};
  return {done->exit.ok(), done->out, done->err};
}

bool RealHarness::CanLogIn(const std::string& id, const std::string& user, const std::string& password) {
  return Client(id, user, password, "SELECT 1;").output == "1\n";
}

std::string RealHarness::ValueOf(const std::string& id, const std::string& name) {
  const ServerPaths paths({options_.state_dir, options_.run_dir}, id);
  const auto record = LoadRecord(paths);
  if (!record || !*record) return {};
  const Program mysql = program();
  Sql sql;
  sql.Text("SELECT @@GLOBAL.").Identifier(name).End();
  const auto value = Admin(mysql, (*record)->user, paths.AdminOptions()).Value(sql);
  return value ? *value : std::string();
}

void RealHarness::Crash(const std::string& id) {
  Surroundings around = Around();
  auto process = Server(around, id).Process();
  if (!process || !*process) return;
  static_cast<void>((*process)->Signal(SIGKILL));
  EXPECT_TRUE((*process)->WaitEnd(Millis(60'000)));
}

}  // namespace terrarium::mysql
