#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "drivers/haproxy/haproxy_proxy_host.h"
#include "host/network/fake_network.h"
#include "host/proxy/fake_proxy_host.h"

namespace terrarium::haproxy {
namespace {

using namespace gen::host_proxy;  // NOLINT: the messages under test

constexpr const char* kInterface = "eni-0123456789abcdef0";

sockaddr_in Local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A namespace without a name, with nothing but a loopback: gone with its last descriptor.
class Loopback {
 public:
  Loopback() {
    std::thread([this] {
      if (::unshare(CLONE_NEWNET) != 0) return;
      ns_.Reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
      const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      ifreq request{};
      std::memcpy(request.ifr_name, "lo", 3);
      request.ifr_flags = IFF_UP;
      ::ioctl(socket.get(), SIOCSIFFLAGS, &request);
    }).join();
  }
  std::string Path() const { return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ns_.get()); }
  void Inside(const std::function<void()>& what) const {
    std::thread([&] {
      if (::setns(ns_.get(), CLONE_NEWNET) == 0) what();
    }).join();
  }
  UniqueFd Listen(int port) const {
    UniqueFd out;
    Inside([&] {
      UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const int on = 1;
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      const sockaddr_in address = Local(port);
      if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket.get(), 64) == 0) out = std::move(socket);
    });
    return out;
  }
  // The whole answer to one request on a connection of its own; empty if refused.
  std::string Get(int port, const std::string& head) const {
    std::string answer;
    Inside([&] {
      const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in address = Local(port);
      if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || !WriteAll(socket.get(), head)) return;
      char buffer[8192];
      for (ssize_t got; (got = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(got));
    });
    return answer;
  }

 private:
  UniqueFd ns_;
};

// Answers every request with what it received. Ends with its object.
class Echo {
 public:
  Echo(const Loopback& place, int port) : listener_(place.Listen(port)), thread_([this] { Serve(); }) {}
  ~Echo() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::atomic<int> status{200};
  std::atomic<int> answered{0};

 private:
  void Serve() {
    for (;;) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      std::string head;
      char buffer[8192];
      for (ssize_t got; !head.contains("\r\n\r\n") && (got = ::recv(client.get(), buffer, sizeof buffer, 0)) > 0;) head.append(buffer, static_cast<std::size_t>(got));
      if (head.starts_with("GET /die")) continue;
      static_cast<void>(WriteAll(client.get(), "HTTP/1.1 " + std::to_string(status.load()) + " X\r\nConnection: close\r\nContent-Length: " + std::to_string(head.size()) + "\r\n\r\n" + head));
      ++answered;
    }
  }
  UniqueFd listener_;
  std::thread thread_;
};

class Harness {
 public:
  virtual ~Harness() = default;
  virtual host::ProxyHost& host() = 0;
  virtual std::string Namespace() = 0;
};
class FakeHarness final : public Harness {
 public:
  host::ProxyHost& host() override { return host_; }
  std::string Namespace() override { return "/proc/self/ns/net"; }

 private:
  proxy::FakeProxyHost host_;
};
class RealHarness final : public Harness {
 public:
  static std::string Programs() {
    const char* named = ::getenv("TERRARIUM_TEST_PROGRAMS");
    return named != nullptr ? named : "/var/cache/terrarium/test/programs";
  }
  static bool Possible() { return ::geteuid() == 0 && ::access((Programs() + "/haproxy/current/manifest.json").c_str(), R_OK) == 0; }

  RealHarness() {
    char folder[] = "/run/trm-lb-XXXXXX";
    run_dir_ = ::mkdtemp(folder);
    ::chmod(folder, 0755);
    network_.place = &place;
    EXPECT_EQ(::symlink(place.Path().c_str(), Namespace().c_str()), 0);
    Reopen();
  }
  ~RealHarness() override {
    Arena arena;
    if (const auto left = host_->ListProxies({}, arena)) {
      for (const auto& proxy : (*left)->proxies) EXPECT_TRUE(host_->RemoveProxy({.id = proxy.id}, arena));
    }
    ::unlink(Namespace().c_str());
    EXPECT_EQ(::rmdir((run_dir_ + "/haproxy").c_str()), 0);
    EXPECT_EQ(::rmdir(run_dir_.c_str()), 0);
  }
  void Reopen() { host_ = *HaproxyProxyHost::Open({.run_dir = run_dir_, .programs_dir = Programs(), .keeper = TERRARIUM_KEEPER, .namespaces = run_dir_ + "/"}, network_); }
  host::ProxyHost& host() override { return *host_; }
  std::string Namespace() override { return run_dir_ + "/" + kInterface; }
  int opened() const { return network_.opened; }
  const std::string& run_dir() const { return run_dir_; }

  Loopback place;

 private:
  class TestNetwork final : public host::Network {
   public:
    Status EnsureVpc(const host::VpcSpec& spec) override { return fake_.EnsureVpc(spec); }
    Status RemoveVpc(const host::VpcId& vpc) override { return fake_.RemoveVpc(vpc); }
    Result<host::EniPlace> EnsureEni(const host::EniSpec& spec) override { return fake_.EnsureEni(spec); }
    Status RemoveEni(const host::VpcId& vpc, const host::EniId& eni) override { return fake_.RemoveEni(vpc, eni); }
    Result<host::NetworkListing> List() override { return fake_.List(); }
    Result<host::PathVerdict> Explain(const host::PathQuery& query) override { return fake_.Explain(query); }
    Status RemoveAll() override { return fake_.RemoveAll(); }
    Result<UniqueFd> OpenSocket(const host::SocketSpec& spec) override {
      ++opened;
      UniqueFd socket = place->Listen(spec.port);
      if (!socket) return Fail(ErrorKind::kConflict, "the port is taken");
      return socket;
    }
    const Loopback* place = nullptr;
    int opened = 0;

   private:
    host::FakeNetwork fake_;
  };

  TestNetwork network_;
  std::string run_dir_;
  std::unique_ptr<HaproxyProxyHost> host_;
};

EnsureProxyRequest Request(Arena& arena, Harness& harness, std::initializer_list<int> targets, int listener = 80) {
  auto* spec = arena.New<ProxySpec>();
  spec->id = "lb-1";
  spec->interface = kInterface;
  spec->network_namespace = arena.Copy(harness.Namespace());
  auto& group = spec->target_groups.Add(arena);
  group.id = "web";
  group.health_check = arena.New<ProxyHealthCheck>();
  group.health_check->path = "/health";
  group.health_check->interval_seconds = 5;
  group.health_check->timeout_seconds = 2;
  for (const int port : targets) group.targets.Add(arena, {.address = "127.0.0.1", .port = port});
  auto& entry = spec->listeners.Add(arena);
  entry.port = listener;
  entry.default_action = arena.New<ProxyAction>();
  entry.default_action->type = "forward";
  entry.default_action->target_group = "web";
  return {.spec = spec};
}

std::string StateOf(host::ProxyHost& host, int port, Arena& arena) {
  const auto read = host.ReadTargets({.id = "lb-1"}, arena);
  if (!read) return read.error().message;
  for (const auto& target : (*read)->targets)
    if (target.port == port) return target.state.str() + (target.reason ? " " + target.reason.str() : "");
  return "absent";
}

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<Harness>()> make;
};
class ProxyHostContract : public ::testing::TestWithParam<Implementation> {
 protected:
  void SetUp() override {
    harness_ = GetParam().make();
    if (!harness_) GTEST_SKIP() << "HAProxy's program root and root's rights are needed; scripts/program_root.py ensure haproxy gets one";
  }
  host::ProxyHost& host() { return harness_->host(); }
  Arena arena_;
  std::unique_ptr<Harness> harness_;
};

TEST_P(ProxyHostContract, EnsureMakesOneProxyHoweverOftenItIsAsked) {
  const auto first = host().EnsureProxy(Request(arena_, *harness_, {8001}), arena_);
  ASSERT_TRUE(first) << first.error().message << ' ' << first.error().cause;
  EXPECT_EQ((*first)->state->status, "running");
  const auto second = host().EnsureProxy(Request(arena_, *harness_, {8001}), arena_);
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->state->generation, (*first)->state->generation);
  const auto list = host().ListProxies({}, arena_);
  ASSERT_TRUE(list);
  ASSERT_EQ((*list)->proxies.size(), 1u);
  EXPECT_EQ((*list)->proxies[0].id, "lb-1");
}

TEST_P(ProxyHostContract, ATargetDrainsAndIsNotForgotten) {
  ASSERT_TRUE(host().EnsureProxy(Request(arena_, *harness_, {8001, 8002}), arena_));
  ASSERT_TRUE(host().SetTargetState({.id = "lb-1", .target_group = "web", .address = "127.0.0.1", .port = 8001, .draining = true}, arena_));
  EXPECT_EQ(StateOf(host(), 8001, arena_), "draining Target.DeregistrationInProgress");
  EXPECT_NE(StateOf(host(), 8002, arena_), "draining Target.DeregistrationInProgress");
  EXPECT_EQ(StateOf(host(), 8003, arena_), "absent");
}

TEST_P(ProxyHostContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(host().ReadTargets({.id = "lb-9"}, arena_).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(host().EnsureProxy(Request(arena_, *harness_, {8001}), arena_));
  EXPECT_EQ(host().SetTargetState({.id = "lb-1", .target_group = "web", .address = "127.0.0.1", .port = 9999, .draining = true}, arena_).error().kind, ErrorKind::kNotFound);
}

TEST_P(ProxyHostContract, RemovedIsGoneAndMayBeRemovedAgain) {
  ASSERT_TRUE(host().EnsureProxy(Request(arena_, *harness_, {8001}), arena_));
  EXPECT_TRUE(host().RemoveProxy({.id = "lb-1"}, arena_));
  EXPECT_TRUE(host().RemoveProxy({.id = "lb-1"}, arena_));
  EXPECT_EQ((*host().ListProxies({}, arena_))->proxies.size(), 0u);
}

TEST_P(ProxyHostContract, WhatAnAlbRefusesIsRefused) {
  auto request = Request(arena_, *harness_, {8001});
  request.spec->listeners[0].default_action->target_group = "other";
  EXPECT_EQ(host().EnsureProxy(request, arena_).error().kind, ErrorKind::kInvalid);
  request = Request(arena_, *harness_, {8001});
  request.spec->target_groups[0].health_check->matcher = "200\nserver";
  EXPECT_EQ(host().EnsureProxy(request, arena_).error().kind, ErrorKind::kInvalid);
  request = Request(arena_, *harness_, {8001});
  request.spec->listeners[0].default_action->type = "authenticate-oidc";
  EXPECT_EQ(host().EnsureProxy(request, arena_).error().kind, ErrorKind::kUnsupported);
  EXPECT_FALSE(host().RemoveProxy({.id = "../etc"}, arena_));
}

INSTANTIATE_TEST_SUITE_P(All, ProxyHostContract,
                         ::testing::Values(Implementation{"Fake", [] { return std::make_unique<FakeHarness>(); }},
                                           Implementation{"HAProxy", []() -> std::unique_ptr<Harness> {
                                                            if (!RealHarness::Possible()) return nullptr;
                                                            return std::make_unique<RealHarness>();
                                                          }}),
                         [](const auto& parameter) { return parameter.param.name; });

// ---- what only a real proxy does ----------------------------------------------------------------------------------------------------------

class RealProxy : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!RealHarness::Possible()) GTEST_SKIP() << "HAProxy's program root and root's rights are needed";
    harness_ = std::make_unique<RealHarness>();
  }
  EnsureProxyResponse Ensure(const EnsureProxyRequest& request) {
    const auto made = harness_->host().EnsureProxy(request, arena_);
    EXPECT_TRUE(made) << made.error().message << ' ' << made.error().cause;
    return made ? **made : EnsureProxyResponse{.state = arena_.New<ProxyState>()};
  }
  // Until the first check of a target is over; the proxy itself decides when.
  std::string AwaitChecked(int port) {
    std::string state;
    for (int i = 0; i < 2000; ++i) {
      Arena arena;
      state = StateOf(harness_->host(), port, arena);
      if (!state.starts_with("initial")) return state;
      ::poll(nullptr, 0, 10);
    }
    return state;
  }
  std::string Get(const std::string& path, const std::string& more = "") {
    return harness_->place.Get(80, "GET " + path + " HTTP/1.1\r\nHost: shop.example:8080\r\nConnection: close\r\n" + more + "\r\n");
  }
  Arena arena_;
  std::unique_ptr<RealHarness> harness_;
};

TEST_F(RealProxy, ForwardsWithTheHeadersOfAnAlb) {
  Echo web(harness_->place, 8001);
  Ensure(Request(arena_, *harness_, {8001}));
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  const std::string answer = Get("/page", "X-Forwarded-For: 203.0.113.9\r\n");
  for (const char* part : {"HTTP/1.1 200", "GET /page HTTP/1.1", "host: shop.example:8080\r\n", "x-forwarded-for: 203.0.113.9, 127.0.0.1\r\n",
                           "x-forwarded-proto: http\r\n", "x-forwarded-port: 80\r\n", "x-amzn-trace-id: Root=1-"})
    EXPECT_TRUE(answer.contains(part)) << part << " in " << answer;
}

TEST_F(RealProxy, NoTargets503ADeadOne502) {
  Ensure(Request(arena_, *harness_, {}));
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 503")) << Get("/");
  EXPECT_TRUE(Get("/").contains("awselb/2.0"));
  Ensure(Request(arena_, *harness_, {8001}));
  EXPECT_EQ(AwaitChecked(8001), "unhealthy Target.FailedHealthChecks");
  // All unhealthy: it fails open, and the connection is refused.
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 502")) << Get("/");
}

TEST_F(RealProxy, WhileATargetRefusesConnectionsTheOthersServe) {
  auto dead = std::make_unique<Echo>(harness_->place, 8001);
  const Echo web(harness_->place, 8002);
  auto request = Request(arena_, *harness_, {8001, 8002});
  request.spec->target_groups[0].health_check->interval_seconds = 300;  // the checks do not know it yet
  Ensure(request);
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  ASSERT_EQ(AwaitChecked(8002), "healthy");
  dead.reset();
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 200")) << i;
}

TEST_F(RealProxy, AWrongStatusIsNamed) {
  Echo web(harness_->place, 8001);
  web.status = 500;
  Ensure(Request(arena_, *harness_, {8001}));
  EXPECT_EQ(AwaitChecked(8001), "unhealthy Target.ResponseCodeMismatch");
}

class RealProxyNewTarget : public RealProxy, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(InARunningProcessOrWithIt, RealProxyNewTarget, ::testing::Bool());
TEST_P(RealProxyNewTarget, OneFailedCheckIsNotItsWholeThreshold) {
  Echo late(harness_->place, 8001);  // it listens and is not ready when it is first asked
  late.status = 503;
  if (!GetParam()) Ensure(Request(arena_, *harness_, {}));
  Ensure(Request(arena_, *harness_, {8001}));
  for (int i = 0; i < 2000 && late.answered == 0; ++i) ::poll(nullptr, 0, 10);
  ASSERT_EQ(late.answered, 1);
  late.status = 200;
  EXPECT_EQ(AwaitChecked(8001), "healthy");
}

TEST_F(RealProxy, TargetsComeAndGoInTheRunningProcess) {
  Echo first(harness_->place, 8001), second(harness_->place, 8002);
  const auto with = [&](std::initializer_list<int> targets) {
    auto request = Request(arena_, *harness_, targets);
    request.spec->target_groups[0].health_check->interval_seconds = 300;  // the first check is at once all the same
    return request;
  };
  const auto made = Ensure(with({8001}));
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  harness_->Reopen();
  EXPECT_EQ(Ensure(with({8001, 8002})).state->generation, made.state->generation);
  EXPECT_EQ(StateOf(harness_->host(), 8001, arena_), "healthy");
  ASSERT_EQ(AwaitChecked(8002), "healthy");
  auto draining = with({8001, 8002});
  draining.spec->target_groups[0].targets[0].draining = true;
  Ensure(draining);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Get("/").contains("HTTP/1.1 200")) << "the other one serves";
  const auto after = Ensure(with({8002}));
  EXPECT_EQ(*after.state->process_id, *made.state->process_id);
  EXPECT_EQ(StateOf(harness_->host(), 8001, arena_), "absent");
  EXPECT_EQ(StateOf(harness_->host(), 8002, arena_), "healthy");
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(harness_->opened(), 1);
}

TEST_F(RealProxy, AnotherChangeKeepsTheSocketAndTheHealth) {
  Echo first(harness_->place, 8001);
  auto request = Request(arena_, *harness_, {8001});
  const long long process = *Ensure(request).state->process_id;
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  harness_->Reopen();
  EXPECT_EQ(*Ensure(request).state->process_id, process);
  request.spec->target_groups[0].health_check->interval_seconds = 7;
  EXPECT_NE(*Ensure(request).state->process_id, process);
  EXPECT_EQ(StateOf(harness_->host(), 8001, arena_), "healthy");
  EXPECT_EQ(harness_->opened(), 1);
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 200"));
}

TEST_F(RealProxy, LivesInNoNamespaceButItsInterfaces) {
  for (const char* other : {"/proc/1/ns/net", "/run/netns/trm-other-eni-0123456789abcdef0"}) {
    auto request = Request(arena_, *harness_, {});
    request.spec->network_namespace = other;
    EXPECT_EQ(harness_->host().EnsureProxy(request, arena_).error().kind, ErrorKind::kInvalid) << other;
  }
  auto request = Request(arena_, *harness_, {});
  request.spec->interface = "eni-0/../../x";
  request.spec->network_namespace = arena_.Copy(harness_->run_dir() + "/eni-0/../../x");
  EXPECT_EQ(harness_->host().EnsureProxy(request, arena_).error().kind, ErrorKind::kInvalid);
}

TEST_F(RealProxy, RedirectsAndFixedResponses) {
  auto request = Request(arena_, *harness_, {});
  auto& action = *request.spec->listeners[0].default_action;
  action.type = "redirect";
  action.status_code = 301;
  action.protocol = "HTTPS";
  action.port = "443";
  Ensure(request);
  EXPECT_TRUE(Get("/a/b?c=d").contains("ocation: https://shop.example:443/a/b?c=d\r\n")) << Get("/a/b?c=d");
  action.type = "fixed-response";
  action.status_code = 404;
  action.body = "no \"such\" page\n$HOME %[x]";
  Ensure(request);
  const std::string answer = Get("/");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 404")) << answer;
  EXPECT_TRUE(answer.ends_with("no \"such\" page\n$HOME %[x]")) << answer;
}

// Ends any process; true once it is gone.
bool KillNow(long long pid) {
  const auto identity = runtime::DetachedProcess::IdentityOf(static_cast<pid_t>(pid));
  auto process = identity ? runtime::DetachedProcess::Adopt(*identity) : std::unexpected(identity.error());
  return process && process->Signal(SIGKILL) && process->WaitEnd(Millis(10'000));
}
long long ParentOf(long long pid) {
  const auto stat = ReadFile("/proc/" + std::to_string(pid) + "/stat", 4096);
  return stat ? ParseInt(Split(std::string_view(*stat).substr(stat->rfind(')') + 2), ' ')[1]).value_or(0) : 0;
}

TEST_F(RealProxy, OneThatWasKilledComesBackByItselfWithAllItsTargets) {
  Echo first(harness_->place, 8001), second(harness_->place, 8002);
  const auto made = Ensure(Request(arena_, *harness_, {8001}));
  Ensure(Request(arena_, *harness_, {8001, 8002}));
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  ASSERT_EQ(AwaitChecked(8002), "healthy");
  auto request = Request(arena_, *harness_, {8001, 8002});
  request.spec->target_groups[0].targets[0].draining = true;
  Ensure(request);
  ASSERT_TRUE(KillNow(*made.state->process_id));
  // Nobody asks for it: the connection waits in the queue of the socket that its keeper holds.
  for (int i = 0; i < 4; ++i) {
    const std::string answer = Get("/");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  }
  EXPECT_EQ(StateOf(harness_->host(), 8001, arena_), "draining Target.DeregistrationInProgress");
  const auto after = Ensure(request);
  EXPECT_EQ(after.state->generation, made.state->generation);
  EXPECT_NE(*after.state->process_id, *made.state->process_id);
}

TEST_F(RealProxy, OneWhoseKeeperWasKilledServesOnAndGetsANewOne) {
  Echo first(harness_->place, 8001);
  const auto request = Request(arena_, *harness_, {8001});
  const long long worker = *Ensure(request).state->process_id;
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  ASSERT_TRUE(KillNow(ParentOf(worker)));
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 200"));
  EXPECT_EQ((*harness_->host().ListProxies({}, arena_))->proxies[0].status, "failed");
  const auto after = Ensure(request);
  EXPECT_EQ(after.state->status, "running");
  EXPECT_EQ(StateOf(harness_->host(), 8001, arena_), "healthy");
  EXPECT_EQ(harness_->opened(), 1);
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 200"));
}

TEST_F(RealProxy, OneThatIsGoneWithItsKeeperIsMadeAgain) {
  const long long worker = *Ensure(Request(arena_, *harness_, {})).state->process_id;
  ASSERT_TRUE(KillNow(ParentOf(worker)));
  ASSERT_TRUE(KillNow(worker));
  EXPECT_EQ(Ensure(Request(arena_, *harness_, {})).state->status, "running");
  EXPECT_TRUE(Get("/").starts_with("HTTP/1.1 503"));
}

// ---- terrarium-host killed in a hand-over ---------------------------------------------------------------------------------------------------

class RealProxyCutHandOver : public RealProxy {
 protected:
  EnsureProxyRequest Saying(const char* body) {
    auto request = Request(arena_, *harness_, {});
    auto& action = *request.spec->listeners[0].default_action;
    action.type = "fixed-response";
    action.status_code = 200;
    action.body = body;
    return request;
  }
  std::string RecordPath() const { return harness_->run_dir() + "/haproxy/lb-1/proxy.json"; }
  Record Written() const { return *Record::Read(*ReadFile(RecordPath())); }
  // A terrarium-host that is killed as soon as it has written the next generation down; what it had not done yet stays undone.
  void HandOverAndDie(const EnsureProxyRequest& request) {
    const auto generation = Written().generation;
    const pid_t host = ::fork();
    if (host == 0) {
      Arena arena;
      static_cast<void>(harness_->host().EnsureProxy(request, arena));
      ::_exit(0);
    }
    const auto identity = runtime::DetachedProcess::IdentityOf(host);
    ASSERT_TRUE(identity);
    auto process = runtime::DetachedProcess::Adopt(*identity);
    ASSERT_TRUE(process);
    while (Written().generation == generation && process->Running()) {
    }
    static_cast<void>(process->Signal(SIGKILL));
    ASSERT_TRUE(process->WaitEnd(Millis(10'000)));
    ASSERT_GT(Written().generation, generation);
  }
  // True once it has ended; nobody has a request under way there.
  static bool Ends(const runtime::DetachedProcess::Identity& identity) {
    auto process = runtime::DetachedProcess::Adopt(identity);
    return !process || process->WaitEnd(Millis(10'000));
  }
};

TEST_F(RealProxyCutHandOver, TheGenerationBeforeStopsAccepting) {
  Ensure(Saying("one"));
  const Record first = Written();
  HandOverAndDie(Saying("two"));
  EXPECT_EQ(Ensure(Saying("two")).state->generation, Written().generation);
  EXPECT_TRUE(Ends(first.process));
  EXPECT_TRUE(Ends(first.worker));
  EXPECT_TRUE(Get("/").ends_with("two"));
}

TEST_F(RealProxyCutHandOver, OneThatNobodyHasWrittenDownIsFound) {
  Ensure(Saying("one"));
  const std::string first = *ReadFile(RecordPath());
  HandOverAndDie(Saying("two"));
  const Record unknown = Written();
  ASSERT_TRUE(WriteFileAtomically(RecordPath(), first, 0600));  // as it is before the record is written
  Ensure(Saying("one"));
  EXPECT_TRUE(Ends(unknown.process));
  EXPECT_TRUE(Get("/").ends_with("one"));
  EXPECT_GT(Ensure(Saying("three")).state->generation, Record::Read(first)->generation);
  EXPECT_TRUE(Get("/").ends_with("three"));
}

TEST_F(RealProxyCutHandOver, AFirstStartIsListedAndRemoved) {
  Ensure(Saying("one"));
  const Record unknown = Written();
  ASSERT_EQ(::unlink(RecordPath().c_str()), 0);
  const auto listed = harness_->host().ListProxies({}, arena_);
  ASSERT_EQ((*listed)->proxies.size(), 1u);
  EXPECT_EQ((*listed)->proxies[0].status, "failed");
  ASSERT_TRUE(harness_->host().RemoveProxy({.id = "lb-1"}, arena_));
  EXPECT_TRUE(Ends(unknown.process));
  EXPECT_TRUE(Ends(unknown.worker));
}

TEST_F(RealProxyCutHandOver, OneThatItsKeeperStartedAgainServesOnWithoutIt) {
  const auto made = Ensure(Saying("one"));
  ASSERT_TRUE(KillNow(*made.state->process_id));
  EXPECT_TRUE(Get("/").ends_with("one"));  // by its successor, which is in no record
  ASSERT_TRUE(KillNow(Written().process.pid));
  EXPECT_TRUE(Get("/").ends_with("one"));
  Ensure(Saying("one"));
  EXPECT_EQ(harness_->opened(), 1);
  EXPECT_TRUE(Get("/").ends_with("one"));
}

// ---- what a retired generation has under way ------------------------------------------------------------------------------------------------

TEST_F(RealProxy, ARequestUnderWayInARetiredGenerationIsFinishedHoweverOftenWeAsk) {
  const UniqueFd web = harness_->place.Listen(8001);
  auto request = Request(arena_, *harness_, {8001});
  request.spec->target_groups[0].health_check->interval_seconds = 300;
  Ensure(request);
  constexpr std::string_view kDone = "HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone";
  const auto accept_one = [&] {
    UniqueFd one(::accept4(web.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char head[4096];
    EXPECT_GT(::recv(one.get(), head, sizeof head, 0), 0);
    return one;
  };
  EXPECT_TRUE(WriteAll(accept_one().get(), kDone));  // the health check
  ASSERT_EQ(AwaitChecked(8001), "healthy");
  std::string answer;
  std::thread client([&] { answer = Get("/slow"); });
  const UniqueFd asked = accept_one();
  for (int interval = 100; interval < 104; ++interval) {
    request.spec->target_groups[0].health_check->interval_seconds = interval;
    Ensure(request);
  }
  EXPECT_TRUE(WriteAll(asked.get(), kDone));
  client.join();
  EXPECT_TRUE(answer.ends_with("done")) << answer;
}

}  // namespace
}  // namespace terrarium::haproxy
