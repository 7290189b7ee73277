// One list of behaviours for the fake and for podman. The second needs root, podman and runc or crun; where they are missing it is skipped by name.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sched.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "drivers/podman/podman_container_host.h"
#include "host/container/fake_container_host.h"
#include "runtime/child_process.h"

namespace terrarium::podman {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kFakeImage = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// A tar archive with the one file.
std::string Tar(std::string_view name, std::string_view content) {
  std::string head(512, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { std::memcpy(head.data() + at, text.data(), text.size()); };
  char size[13], sum[8];
  std::snprintf(size, sizeof size, "%011zo", content.size());
  put(0, name);
  put(100, "0000755");
  put(108, "0000000");
  put(116, "0000000");
  put(124, size);
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\0" "00", 8));
  unsigned total = 0;
  for (unsigned char c : head) total += c;
  std::snprintf(sum, sizeof sum, "%06o", total);
  put(148, std::string_view(sum, 7));
  std::string out = head + std::string(content);
  out.resize((out.size() + 511) / 512 * 512 + 1024);
  return out;
}

// What the suite needs beyond the port.
class Bench {
 public:
  virtual ~Bench() = default;
  virtual host::ContainerHost& host() = 0;
  virtual std::string image() = 0;
  virtual std::string network() = 0;
  virtual std::int64_t uid_base() = 0;
  // After it nothing that the process knew is left.
  virtual void Restart() = 0;
  // The container's program does what its command says; the fake is told.
  virtual void Play(std::string_view name, const std::vector<std::string>& command) = 0;
};

class FakeBench final : public Bench {
 public:
  FakeBench() : host_(clock_) {
    host_.AddImage(std::string(kFakeImage));
    host_.on_stop = [this](host::FakeContainerHost& h, std::string_view name) {
      if (!deaf_.contains(std::string(name))) h.Exit(name, 0);
    };
    host_.on_command = [](std::string_view) { return 7; };
  }
  host::ContainerHost& host() override { return host_; }
  std::string image() override { return std::string(kFakeImage); }
  std::string network() override { return "fake"; }
  std::int64_t uid_base() override { return 65536 * 20; }
  void Restart() override {}
  void Play(std::string_view name, const std::vector<std::string>& command) override {
    if (command[0] == "exit") host_.Exit(name, std::stoi(command[1]));
    if (command[0] == "wait") deaf_.insert(std::string(name));
    if (command[0] == "fill") host_.Exit(name, 137, true);
    if (command[0] == "print") {
      for (int i = 0; i < std::stoi(command[1]); ++i) {
        host_.Print(name, "line " + std::to_string(i));
        if (i % 10 == 9) host_.Print(name, "error " + std::to_string(i), true);
      }
      host_.Print(name, "end without a line break");
      host_.Exit(name, 0);
    }
  }

 private:
  FakeClock clock_;
  host::FakeContainerHost host_;
  std::set<std::string> deaf_;
};

// A network namespace with its loopback interface up, as the network driver makes them.
class Netns {
 public:
  explicit Netns(std::string name) : path_("/run/netns/" + name), name_(std::move(name)) {
    mkdir("/run/netns", 0755);
    UniqueFd(open(path_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0));
    std::thread([this] {
      if (unshare(CLONE_NEWNET) != 0 || mount("/proc/thread-self/ns/net", path_.c_str(), "none", MS_BIND, nullptr) != 0) return;
      const UniqueFd s(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      ifreq request{};
      std::strcpy(request.ifr_name, "lo");
      request.ifr_flags = IFF_UP;
      ioctl(s.get(), SIOCSIFFLAGS, &request);
      const UniqueFd ports(open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC));
      if (write(ports.get(), "0", 1) != 1) std::perror("ports");
    }).join();
  }
  ~Netns() {
    umount2(path_.c_str(), MNT_DETACH);
    unlink(path_.c_str());
  }
  const std::string& name() const { return name_; }
  // The body of GET path on port 80 inside; empty if nobody answers.
  std::string Get(std::string path) const {
    std::string out;
    std::thread([&] {
      const UniqueFd ns(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
      if (setns(ns.get(), CLONE_NEWNET) != 0) return;
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(80);
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      // The program may not listen yet; it has until the test's own end.
      for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30); std::chrono::steady_clock::now() < end;) {
        const UniqueFd s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (connect(s.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
          std::this_thread::yield();
          continue;
        }
        const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
        if (!WriteAll(s.get(), request)) return;
        char buffer[4096];
        for (ssize_t n; (n = read(s.get(), buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
        if (const auto at = out.find("\r\n\r\n"); at != std::string::npos) out.erase(0, at + 4);
        return;
      }
    }).join();
    return out;
  }

 private:
  std::string path_, name_;
};

class PodmanBench final : public Bench {
 public:
  static std::string Missing() {
    if (geteuid() != 0) return "not root";
    if (access("/usr/bin/podman", X_OK) != 0) return "podman is not installed";
    if (access("/usr/bin/runc", X_OK) != 0 && access("/usr/sbin/runc", X_OK) != 0 && access("/usr/bin/crun", X_OK) != 0) return "neither runc nor crun is installed";
    return {};
  }
  PodmanBench() {
    SystemRandom random;
    instance_ = "c" + RandomHex(random, 6);
    root_ = "/var/tmp/trm-" + instance_;
    netns_ = std::make_unique<Netns>("trm-" + instance_ + "-eni-0");
    MakeDirectory(root_, 0700).value();
    Open();
    const std::string binary = ReadFile(TEST_IMAGE_SERVER).value();
    WriteFileAtomically(root_ + "/image.tar", Tar("server", binary), 0600).value();
    const auto imported = host_->Podman({"import", "--quiet", "--change", "ENTRYPOINT [\"/server\"]", "--change", "STOPSIGNAL SIGWINCH", "--change", "ENV FROM_IMAGE=yes",
                                         root_ + "/image.tar", "localhost/test:1"}, Millis(60'000));
    EXPECT_EQ(imported->exit_code, 0) << imported->error_output;
    image_ = imported->output.substr(imported->output.find(':') + 1, 64);
  }
  ~PodmanBench() override {
    const auto removed = host_->RemoveEverything();
    EXPECT_TRUE(removed) << removed.error().message << ": " << removed.error().cause;
    host_.reset();
    netns_.reset();
    EXPECT_EQ(RunProcess({"rm", "-rf", root_}, {"PATH=/usr/bin:/bin"}, {}, Millis(60'000))->exit_code, 0);
    EXPECT_THAT(ReadFile("/proc/self/mounts").value(), Not(HasSubstr(root_)));
    EXPECT_NE(access(("/sys/fs/cgroup/memory/terrarium-" + instance_).c_str(), F_OK), 0);
  }
  host::ContainerHost& host() override { return *host_; }
  PodmanContainerHost& podman() { return *host_; }
  std::string image() override { return image_; }
  std::string network() override { return netns_->name(); }
  std::int64_t uid_base() override { return 65536 * 20; }
  void Restart() override {
    host_.reset();
    Open();
  }
  void Play(std::string_view, const std::vector<std::string>&) override {}
  const Netns& netns() const { return *netns_; }
  const std::string& root() const { return root_; }

 private:
  void Open() {
    Config config;
    config.instance = instance_;
    config.state_dir = root_ + "/state";
    config.run_dir = root_ + "/run";
    config.oci_wrapper = TERRARIUM_OCI;
    auto opened = PodmanContainerHost::Open(config);
    ASSERT_TRUE(opened) << opened.error().message;
    host_ = std::move(*opened);
  }
  std::string instance_, root_, image_;
  std::unique_ptr<Netns> netns_;
  std::unique_ptr<PodmanContainerHost> host_;
};

// One bench for all tests of a kind: an image store is not made in no time.
template <class B>
class ContainerContract : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    if constexpr (std::is_same_v<B, PodmanBench>) {
      if (const std::string missing = PodmanBench::Missing(); !missing.empty()) return;
    }
    bench_ = new B;
  }
  static void TearDownTestSuite() {
    delete bench_;
    bench_ = nullptr;
  }

 protected:
  void SetUp() override {
    if constexpr (std::is_same_v<B, PodmanBench>) {
      if (bench_ == nullptr) GTEST_SKIP() << PodmanBench::Missing();
    }
    task_ = "task" + std::to_string(counter_++);
    name_ = task_ + "-0";
  }
  void TearDown() override {
    if (bench_ == nullptr) return;
    wire::RemoveTaskRequest request;
    request.task = task_;
    EXPECT_TRUE(host().RemoveTask(request, arena_));
  }

  host::ContainerHost& host() { return bench_->host(); }
  wire::ContainerSpec Spec(std::vector<std::string> command) {
    wire::ContainerSpec s;
    s.name = arena_.Copy(name_);
    s.task = arena_.Copy(task_);
    s.generation = 3;
    s.image = arena_.Copy(bench_->image());
    s.hostname = "ip-10-0-1-5.ec2.internal";
    s.network_namespace = arena_.Copy(bench_->network());
    s.uid_base = bench_->uid_base();
    s.task_cpu_units = 512;
    s.task_memory_mib = 64;
    for (const std::string& c : command) s.command.Add(arena_) = arena_.Copy(c);
    return s;
  }
  Result<wire::ContainerState> Start(wire::ContainerSpec spec) {
    wire::EnsureContainerRequest request;
    request.spec = &spec;
    TRY_ASSIGN(const auto* out, host().EnsureContainer(request, arena_));
    return *out->state;
  }
  Result<wire::ContainerState> Run(std::vector<std::string> command) {
    TRY_ASSIGN(const auto state, Start(Spec(command)));
    bench_->Play(name_, command);
    return state;
  }
  std::vector<std::string> Await(std::int64_t timeout_ms = 60'000) {
    wire::AwaitExitRequest request;
    request.names.Add(arena_) = Str(name_);
    request.timeout_ms = timeout_ms;
    std::vector<std::string> out;
    const auto answer = host().AwaitExit(request, arena_);
    if (answer) {
      for (const Str& s : (*answer)->ended) out.push_back(s.str());
    }
    return out;
  }
  std::optional<wire::ContainerState> Find() {
    const auto all = host().ListContainers({}, arena_);
    if (!all) return std::nullopt;
    for (const auto& c : (*all)->containers) {
      if (c.name.view() == name_) return c;
    }
    return std::nullopt;
  }
  std::vector<std::string> Log(wire::LogCursor& cursor) {
    std::vector<std::string> out;
    while (true) {
      wire::ReadLogRequest request;
      request.name = Str(name_);
      request.cursor = &cursor;
      request.limit_bytes = 65536;
      const auto answer = host().ReadLog(request, arena_);
      if (!answer) return {"error: " + answer.error().message};
      for (const auto& r : (*answer)->records) out.push_back((r.from_error.value_or(false) ? "!" : "") + r.text.str());
      cursor = *(*answer)->cursor;
      if ((*answer)->at_end && (*answer)->records.empty()) return out;
    }
  }
  void Stop(bool kill) {
    wire::StopContainerRequest request;
    request.name = Str(name_);
    request.kill = kill;
    const auto r = host().StopContainer(request, arena_);
    EXPECT_TRUE(r) << r.error().message;
  }

  static inline B* bench_ = nullptr;
  static inline int counter_ = 0;
  Arena arena_;
  std::string task_, name_;
};

using Benches = ::testing::Types<FakeBench, PodmanBench>;
TYPED_TEST_SUITE(ContainerContract, Benches);

TYPED_TEST(ContainerContract, ExitCodeIsSeenAndStays) {
  const auto started = this->Run({"exit", "7"});
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(this->Await(), std::vector<std::string>{this->name_});
  for (int i = 0; i < 2; ++i) {
    const auto c = this->Find();
    ASSERT_TRUE(c);
    EXPECT_EQ(c->status, "exited");
    EXPECT_EQ(c->exit_code, 7);
    EXPECT_EQ(c->out_of_memory.value_or(false), false);
    EXPECT_EQ(c->generation, 3);
    EXPECT_GE(c->finished_at.value_or(0), c->started_at.value_or(1));
    this->bench_->Restart();
  }
}

TYPED_TEST(ContainerContract, EnsureTwiceIsOneContainerAndAnotherSpecIsAnother) {
  const auto first = this->Run({"listen"});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->status, "running");
  const auto second = this->Start(this->Spec({"listen"}));
  ASSERT_TRUE(second);
  EXPECT_EQ(first->process_id, second->process_id);
  EXPECT_TRUE(this->Await(0).empty());
  auto other = this->Spec({"listen"});
  other.pids_limit = 50;
  const auto third = this->Start(other);
  ASSERT_TRUE(third) << third.error().message;
  EXPECT_NE(first->process_id, third->process_id);
}

TYPED_TEST(ContainerContract, AnExitedContainerIsNotStartedAgain) {
  ASSERT_TRUE(this->Run({"exit", "0"}));
  this->Await();
  const auto again = this->Start(this->Spec({"exit", "0"}));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, "exited");
}

TYPED_TEST(ContainerContract, SurvivesItsMakerAndIsFoundAgain) {
  const auto started = this->Run({"listen"});
  ASSERT_TRUE(started) << started.error().message;
  this->bench_->Restart();
  const auto c = this->Find();
  ASSERT_TRUE(c);
  EXPECT_EQ(c->status, "running");
  EXPECT_EQ(c->process_id, started->process_id);
  EXPECT_EQ(c->task.view(), this->task_);
  EXPECT_EQ(c->spec_hash, started->spec_hash);
  this->Stop(false);
  EXPECT_EQ(this->Await().size(), 1U);
}

TYPED_TEST(ContainerContract, StopIsGracefulAndKillIsNot) {
  ASSERT_TRUE(this->Run({"wait"}));
  this->Stop(false);
  EXPECT_TRUE(this->Await(0).empty());
  this->Stop(true);
  EXPECT_EQ(this->Await().size(), 1U);
  EXPECT_EQ(this->Find()->exit_code, 137);
  this->Stop(true);  // of a stopped one: nothing to do
  this->Stop(false);
}

TYPED_TEST(ContainerContract, StopOfAnAbsentOneAndRemoveTwiceSucceed) {
  this->Stop(false);
  this->Stop(true);
  ASSERT_TRUE(this->Run({"listen"}));
  wire::RemoveContainerRequest request;
  request.name = Str(this->name_);
  EXPECT_TRUE(this->host().RemoveContainer(request, this->arena_));
  EXPECT_TRUE(this->host().RemoveContainer(request, this->arena_));
  EXPECT_FALSE(this->Find());
}

TYPED_TEST(ContainerContract, RemoveTaskLeavesNoTask) {
  ASSERT_TRUE(this->Run({"listen"}));
  const auto has = [&] {
    const auto all = this->host().ListContainers({}, this->arena_);
    for (const Str& t : (*all)->tasks) {
      if (t.view() == this->task_) return true;
    }
    return false;
  };
  EXPECT_TRUE(has());
  wire::RemoveTaskRequest request;
  request.task = Str(this->task_);
  EXPECT_TRUE(this->host().RemoveTask(request, this->arena_));
  EXPECT_FALSE(has());
  EXPECT_FALSE(this->Find());
}

TYPED_TEST(ContainerContract, OutOfMemoryIsToldFromAKill) {
  ASSERT_TRUE(this->Run({"fill", "200"}));
  EXPECT_EQ(this->Await().size(), 1U);
  const auto c = this->Find();
  ASSERT_TRUE(c);
  EXPECT_EQ(c->exit_code, 137);
  EXPECT_EQ(c->out_of_memory, true);
}

TYPED_TEST(ContainerContract, EveryLineIsReadOnceInOrderAcrossRestarts) {
  ASSERT_TRUE(this->Run({"print", "3000"}));
  wire::LogCursor cursor;
  std::vector<std::string> lines = this->Log(cursor);
  this->Await();
  this->bench_->Restart();
  for (std::string& s : this->Log(cursor)) lines.push_back(std::move(s));
  std::vector<std::string> output, error;
  for (std::string& s : lines) (s.starts_with("!") ? error : output).push_back(std::move(s));
  ASSERT_EQ(output.size(), 3001U);
  ASSERT_EQ(error.size(), 300U);
  for (std::size_t i = 0; i < 3000; ++i) ASSERT_EQ(output[i], "line " + std::to_string(i));
  EXPECT_EQ(output.back(), "end without a line break");
  EXPECT_EQ(error[0], "!error 9");
  EXPECT_TRUE(this->Log(cursor).empty());
}

TYPED_TEST(ContainerContract, BadSpecsAndNamesAreRefused) {
  auto spec = this->Spec({"listen"});
  spec.network_namespace = "../x";
  const auto r = this->Start(spec);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind, ErrorKind::kInvalid);
  wire::RemoveContainerRequest request;
  request.name = "../../etc";
  EXPECT_FALSE(this->host().RemoveContainer(request, this->arena_));
  EXPECT_FALSE(this->Find());
}

TYPED_TEST(ContainerContract, ACommandRunsInARunningContainerOnly) {
  wire::RunCommandRequest request;
  request.name = Str(this->name_);
  for (const char* s : {"/server", "exit", "7"}) request.command.Add(this->arena_) = s;
  request.timeout_ms = 60'000;
  auto none = this->host().RunCommand(request, this->arena_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(this->Run({"listen"}));
  auto ran = this->host().RunCommand(request, this->arena_);
  ASSERT_TRUE(ran) << ran.error().message << ran.error().cause;
  EXPECT_EQ((*ran)->exit_code, 7) << (*ran)->output.view();
  this->Stop(true);
  this->Await();
  none = this->host().RunCommand(request, this->arena_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::kConflict);
}

// What only the real one can show.
using PodmanIsolation = ContainerContract<PodmanBench>;

bool Holds(const std::string& folder, const std::string& text) {
  return RunProcess({"grep", "-rqsF", text, folder}, {"PATH=/usr/bin:/bin"}, {}, Millis(60'000))->exit_code == 0;
}

TEST_F(PodmanIsolation, SecretsReachTheProgramAndNothingElse) {
  auto spec = Spec({"listen"});
  spec.environment.Add(arena_) = {"PLAIN", "plain-5512"};
  spec.environment.Add(arena_) = {"FROM_IMAGE", "overridden"};
  spec.secrets.Add(arena_) = {"PASSWORD", "planted-77613\nsecond \"line\""};
  const auto started = Start(spec);
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(bench_->netns().Get("/env?PASSWORD"), "planted-77613\nsecond \"line\"");
  EXPECT_EQ(bench_->netns().Get("/env?PLAIN"), "plain-5512");
  EXPECT_EQ(bench_->netns().Get("/env?FROM_IMAGE"), "overridden");
  EXPECT_EQ(bench_->netns().Get("/env?container"), "");
  EXPECT_FALSE(Holds(bench_->root(), "planted-77613"));
  const auto inspected = bench_->podman().Podman({"inspect", "trm-" + bench_->podman().config().instance + "-" + name_}, Millis(60'000));
  EXPECT_EQ(inspected->exit_code, 0);
  EXPECT_THAT(inspected->output, Not(HasSubstr("planted-77613")));
  // Whatever has it in its arguments would show here.
  const auto processes = RunProcess({"grep", "-slF", "-f", "-", "-r", "/proc", "--include=cmdline"}, {"PATH=/usr/bin:/bin"}, "planted-77613\n", Millis(60'000));
  EXPECT_THAT(processes->output, Not(HasSubstr("cmdline")));
  struct stat st{};
  for (const std::string& folder : {bench_->root() + "/state", bench_->root() + "/run/podman", bench_->root() + "/run/podman/secrets"}) {
    ASSERT_EQ(stat(folder.c_str(), &st), 0);
    // Podman opens the way to a container's files for its mapped ids; nobody may list or read on it.
    EXPECT_EQ(st.st_mode & 066, 0U) << folder;
  }
  EXPECT_EQ(st.st_mode & 077, 0U);
}

TEST_F(PodmanIsolation, AStartThatWasCutOffGoesWithItsTask) {
  auto spec = Spec({"listen"});
  spec.secrets.Add(arena_) = {"PASSWORD", "planted-41177"};
  const std::string file = bench_->root() + "/run/podman/secrets/" + name_ + ".json";
  const pid_t child = fork();
  if (child == 0) {
    static_cast<void>(Start(spec));
    _exit(0);
  }
  const auto identity = runtime::DetachedProcess::IdentityOf(child);
  ASSERT_TRUE(identity);
  auto process = runtime::DetachedProcess::Adopt(*identity);
  ASSERT_TRUE(process);
  while (access(file.c_str(), F_OK) != 0 && process->Running()) {
  }
  static_cast<void>(process->Signal(SIGKILL));
  ASSERT_TRUE(process->WaitEnd(Millis(10'000)));
  ASSERT_EQ(access(file.c_str(), F_OK), 0);
  wire::RemoveTaskRequest request;
  request.task = spec.task;
  ASSERT_TRUE(host().RemoveTask(request, arena_));
  EXPECT_NE(access(file.c_str(), F_OK), 0);
  EXPECT_FALSE(Find());
}

TEST_F(PodmanIsolation, WhoeverIsLeftInATasksGroupEndsWithIt) {
  auto spec = Spec({"listen"});
  ASSERT_TRUE(Start(spec));
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  const std::string below = "/terrarium-" + bench_->podman().config().instance + "/containers/" + spec.task.str() + "/cgroup.procs";
  int joined = 0;
  for (const std::string root : {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"}) {
    if (access((root + below).c_str(), F_OK) != 0) continue;
    const UniqueFd group(open((root + below).c_str(), O_WRONLY | O_CLOEXEC));
    const std::string pid = std::to_string(child);
    joined += write(group.get(), pid.data(), pid.size()) == static_cast<ssize_t>(pid.size()) ? 1 : 0;
  }
  EXPECT_EQ(joined, 1);
  wire::RemoveTaskRequest request;
  request.task = spec.task;
  EXPECT_TRUE(host().RemoveTask(request, arena_));
  kill(child, SIGTERM);  // of no effect on one that was killed
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST_F(PodmanIsolation, NoNamespaceButThisInstancesInterfaces) {
  const std::string own = "trm-" + bench_->podman().config().instance;
  for (const std::string& other : {std::string("trm-other-eni-0"), own + "-vpc-0", own + "-inet", own, std::string("host")}) {
    auto spec = Spec({"listen"});
    spec.network_namespace = Str(other);
    const auto refused = Start(spec);
    ASSERT_FALSE(refused) << other;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << other;
    EXPECT_THAT(refused.error().message, HasSubstr("network_namespace")) << other;
  }
}

TEST_F(PodmanIsolation, TheProgramIsConfined) {
  auto spec = Spec({"listen"});
  spec.read_only_root = true;
  spec.name_servers.Add(arena_) = "10.0.0.2";
  spec.search_domains.Add(arena_) = "ec2.internal";
  spec.hosts.Add(arena_) = {"10.0.1.5", "ip-10-0-1-5.ec2.internal"};
  spec.sysctls.Add(arena_) = {"net.core.somaxconn", "321"};
  const auto started = Start(spec);
  ASSERT_TRUE(started) << started.error().message;
  const Netns& net = bench_->netns();
  const std::string status = net.Get("/file?/proc/self/status");
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(status, HasSubstr("CapBnd:\t00000000a80425fb"));
  EXPECT_THAT(net.Get("/file?/proc/self/uid_map"), HasSubstr("1310720"));
  EXPECT_EQ(net.Get("/file?/etc/hosts"), "127.0.0.1 localhost\n10.0.1.5 ip-10-0-1-5.ec2.internal\n");
  EXPECT_EQ(net.Get("/file?/etc/resolv.conf"), "nameserver 10.0.0.2\nsearch ec2.internal\noptions timeout:2 attempts:5\n");
  EXPECT_THAT(net.Get("/"), HasSubstr("ip-10-0-1-5.ec2.internal"));
  EXPECT_EQ(net.Get("/file?/proc/sys/net/core/somaxconn"), "321\n");
  EXPECT_NE(ReadFile("/proc/sys/net/core/somaxconn").value_or(""), "321\n");
  const std::string mounts = net.Get("/file?/proc/self/mounts");
  EXPECT_THAT(mounts, HasSubstr("overlay / overlay ro,"));
  EXPECT_THAT(mounts, HasSubstr("tmpfs /sys/fs/cgroup tmpfs ro"));
  EXPECT_EQ(net.Get("/file?/sys/fs/cgroup/memory/memory.limit_in_bytes"), "No such file or directory");
  // The monitor stands outside the task's limits.
  const auto pid = ReadFile(bench_->root() + "/state/containers/" + name_ + "/conmon.pid", 64).value();
  EXPECT_THAT(ReadFile("/proc/" + std::string(Trim(pid)) + "/cgroup").value(), HasSubstr("/terrarium-" + bench_->podman().config().instance + "/containers/monitors"));
}

TEST_F(PodmanIsolation, AnotherUserMayOpenItsOutputAgain) {
  auto spec = Spec({"reopen"});
  spec.user = "33:33";
  ASSERT_TRUE(Start(spec));
  Await(10'000);
  EXPECT_EQ(Find()->exit_code, 0);
}

TEST_F(PodmanIsolation, DrainsOnTheImagesStopSignal) {
  ASSERT_TRUE(Run({"listen"}));
  ASSERT_EQ(bench_->netns().Get("/health"), "healthy\n");
  std::string answer;
  std::thread slow([&] { answer = bench_->netns().Get("/slow?500"); });
  // The request is under way once the program's log could not show less; a second connection proves that the first was accepted before it.
  while (bench_->netns().Get("/health") != "healthy\n") {
  }
  Stop(false);
  slow.join();
  EXPECT_EQ(answer, "slow\n");
  EXPECT_EQ(Await().size(), 1U);
  EXPECT_EQ(Find()->exit_code, 0);
}

TEST_F(PodmanIsolation, UsageIsTheTasks) {
  ASSERT_TRUE(Run({"listen"}));
  ASSERT_EQ(bench_->netns().Get("/fill?20"), "filled\n");
  wire::ReadUsageRequest request;
  request.tasks.Add(arena_) = Str(task_);
  request.tasks.Add(arena_) = "absent";
  const auto usage = bench_->host().ReadUsage(request, arena_);
  ASSERT_TRUE(usage) << usage.error().message;
  ASSERT_EQ((*usage)->usage.size(), 1U);
  EXPECT_GT((*usage)->usage[0].cpu_nanoseconds.value_or(0), 1'000'000);
  EXPECT_GT((*usage)->usage[0].memory_bytes.value_or(0), 20 << 20);
  EXPECT_LT((*usage)->usage[0].memory_bytes.value_or(0), 64 << 20);
  EXPECT_EQ((*usage)->usage[0].processes.value_or(0) >= 1, true);
}

TEST_F(PodmanIsolation, ABadCommandIsTheCallersFaultAndLeavesNothing) {
  auto spec = Spec({});
  spec.entry_point.Add(arena_) = "/no-such-program";
  const auto r = Start(spec);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind, ErrorKind::kInvalid) << r.error().message;
  EXPECT_THAT(r.error().message, Not(HasSubstr(bench_->root())));
  EXPECT_FALSE(Find());
}

TEST_F(PodmanIsolation, AnImageThatCannotBePulledSaysWhy) {
  wire::EnsureImageRequest request;
  const std::string reference = "127.0.0.1:1/site@sha256:" + std::string(kFakeImage);
  request.reference = Str(reference);
  request.user_name = "AWS";
  request.password = "planted-99871";
  request.insecure = true;
  const auto r = bench_->host().EnsureImage(request, arena_);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(r.error().message, HasSubstr("connection refused"));
  EXPECT_FALSE(Holds(bench_->root(), "planted-99871"));
}

}  // namespace
}  // namespace terrarium::podman
