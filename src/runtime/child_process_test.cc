#include "runtime/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "runtime/unix_socket.h"

namespace terrarium::runtime {
namespace {

Command Shell(std::string script) {
  // Tests may use a shell as a program with behaviour; the engine never does.
  Command c;
  c.argv = {"sh", "-c", std::move(script)};
  return c;
}

TEST(RunProgramTest, GivesOutputErrorAndExitCode) {
  const auto r = RunProgram(Shell("cat; echo oops >&2; exit 3"), "hello");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->out, "hello");
  EXPECT_EQ(r->err, "oops\n");
  EXPECT_EQ(r->exit.code, 3);
  EXPECT_EQ(RunProgram(Shell("kill -TERM $$"))->exit.signal, SIGTERM);
}

TEST(RunProgramTest, ArgumentsAreNotInterpreted) {
  Command c;
  c.argv = {"printf", "%s|", "$(id)", "a b", "*", "'"};
  EXPECT_EQ(RunProgram(c)->out, "$(id)|a b|*|'|");
}

TEST(RunProgramTest, LargeInputAndOutputDoNotDeadlock) {
  const std::string big(3 << 20, 'x');
  Command c;
  c.argv = {"cat"};
  EXPECT_EQ(RunProgram(c, big)->out, big);
  EXPECT_EQ(RunProgram(Shell("exit 0"), big)->exit.code, 0) << "unread input is not our end";
}

TEST(RunProgramTest, MissingProgramTimeoutAndLimit) {
  Command c;
  c.argv = {"no-such-program-here"};
  EXPECT_EQ(RunProgram(c).error().kind, ErrorKind::kNotFound);
  c.argv = {"/nonexistent/program"};
  EXPECT_EQ(RunProgram(c).error().kind, ErrorKind::kNotFound);
  c.argv = {"./relative"};
  EXPECT_EQ(RunProgram(c).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(RunProgram(Shell("sleep 1000"), {}, {.timeout = Millis{50}}).error().kind, ErrorKind::kUnknown);
  EXPECT_EQ(RunProgram(Shell("yes"), {}, {.output = 1000}).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(RunToSuccess(Shell("echo why >&2; exit 1")).error().cause, "why");
}

TEST(RunProgramTest, ABackgroundProcessThatHoldsThePipeDoesNotHoldUs) {
  auto pair = UnixPair().value();
  Command c = Shell("sleep 1000 & echo started");
  c.fds = {{pair.second.get(), 5}};
  const auto r = RunProgram(c);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->out, "started\n");
  pair.second.Reset();
  char byte;
  EXPECT_EQ(::read(pair.first.get(), &byte, 1), 0) << "what it left in its group must be killed";
}

TEST(RunProgramTest, EnvironmentDirectoryAndNothingElse) {
  Command c = Shell("pwd; env; ls /proc/self/fd");
  c.env = {"ONLY=this"};
  c.directory = "/usr";
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // not close-on-exec, as a careless library does it
  const auto r = RunProgram(c);
  ASSERT_TRUE(r);
  EXPECT_NE(r->out.find("ONLY=this"), std::string::npos);
  EXPECT_EQ(r->out.find("HOME="), std::string::npos);
  EXPECT_TRUE(r->out.starts_with("/usr\n"));
  EXPECT_TRUE(r->out.ends_with("0\n1\n2\n3\n")) << "3 is ls's own: " << r->out;
}

TEST(RunProgramTest, UserAndGroupAreSet) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root";
  Command c = Shell("id -u; id -g; id -G");
  c.uid = 12345;
  c.gid = 23456;
  EXPECT_EQ(RunProgram(c)->out, "12345\n23456\n23456\n");
  c.gid.reset();
  EXPECT_EQ(RunProgram(c).error().kind, ErrorKind::kInvalid);
}

TEST(RunProgramTest, NamespaceAndCgroupThatAreNotThereAreErrors) {
  Command c = Shell("exit 0");
  c.network_namespace = "/nonexistent";
  EXPECT_EQ(RunProgram(c).error().kind, ErrorKind::kNotFound);
  c.network_namespace = "/proc/self/ns/mnt";
  EXPECT_FALSE(RunProgram(c)) << "not a network namespace";
  c.network_namespace.clear();
  c.cgroups = {"/nonexistent"};
  EXPECT_EQ(RunProgram(c).error().kind, ErrorKind::kNotFound);
}

TEST(RunProgramTest, EntersANetworkNamespace) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root";
  Command c = Shell("readlink /proc/self/ns/net");
  c.network_namespace = "/proc/self/ns/net";
  char own[64] = {};
  ASSERT_GT(::readlink("/proc/self/ns/net", own, sizeof own - 1), 0);
  EXPECT_EQ(RunProgram(c)->out, std::string(own) + "\n");
}

TEST(ChildProcessTest, DestructorKillsTheGroupAndReaps) {
  pid_t pid = 0;
  auto pair = UnixPair().value();
  {
    Command c = Shell("sleep 1000 & echo ready >&5; wait");
    c.fds = {{pair.second.get(), 5}};
    auto child = ChildProcess::Start(c);
    ASSERT_TRUE(child);
    pair.second.Reset();
    char buffer[8];
    ASSERT_GT(::read(pair.first.get(), buffer, sizeof buffer), 0);
    pid = child->pid();
    EXPECT_FALSE(child->Wait(Millis{0}));
  }
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1) << "it must have been reaped";
  char byte;
  EXPECT_EQ(::read(pair.first.get(), &byte, 1), 0) << "the grandchild that held the socket must be dead";
}

TEST(ChildProcessTest, GivenDescriptorsMayCollide) {
  // Sources sit on each other's targets.
  auto a = UnixPair().value();
  auto b = UnixPair().value();
  Command c = Shell("echo first >&" + std::to_string(b.second.get()) + "; echo second >&" + std::to_string(a.second.get()));
  c.argv[0] = "bash";
  c.fds = {{a.second.get(), b.second.get()}, {b.second.get(), a.second.get()}};
  auto child = ChildProcess::Start(c);
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_TRUE(child->Wait(Millis{20'000})->ok());
  EXPECT_EQ(ReceiveWithFds(a.first.get(), 100)->bytes, "first\n");
  EXPECT_EQ(ReceiveWithFds(b.first.get(), 100)->bytes, "second\n");
}

TEST(DetachedProcessTest, SurvivesItsObjectAndIsAdopted) {
  DetachedProcess::Identity identity;
  {
    Command sleeper;
    sleeper.argv = {"sleep", "1000"};
    auto started = DetachedProcess::Start(sleeper);
    ASSERT_TRUE(started);
    identity = started->identity();
  }
  auto adopted = DetachedProcess::Adopt(identity);
  ASSERT_TRUE(adopted);
  EXPECT_TRUE(adopted->Running());
  auto wrong = identity;
  ++wrong.started;
  EXPECT_EQ(DetachedProcess::Adopt(wrong).error().kind, ErrorKind::kNotFound) << "a reused pid is another process";
  EXPECT_TRUE(adopted->Signal(SIGKILL));
  EXPECT_TRUE(adopted->WaitEnd(Millis{20'000}));
  EXPECT_FALSE(adopted->Running());
  EXPECT_EQ(DetachedProcess::Adopt(identity).error().kind, ErrorKind::kNotFound);
}

TEST(UnixSocketTest, DescriptorsPeersAndStaleSockets) {
  char folder[] = "/tmp/terrarium-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  {
    const auto listener = ListenUnix(path, 0600);
    ASSERT_TRUE(listener) << listener.error().message;
    struct stat st{};
    ::stat(path.c_str(), &st);
    EXPECT_EQ(st.st_mode & 0777, 0600u);
    EXPECT_FALSE(*Accept(listener->get(), Blocks::kNo));
    EXPECT_EQ(ListenUnix(path, 0600).error().kind, ErrorKind::kConflict);
    (void)*Accept(listener->get(), Blocks::kNo);  // the probe of the refused listener
    const auto client = ConnectUnix(path);
    ASSERT_TRUE(client);
    const auto server = Accept(listener->get(), Blocks::kYes);
    ASSERT_TRUE(server && *server);
    EXPECT_EQ(PeerOf(server->get())->pid, ::getpid());
    EXPECT_EQ(PeerOf(server->get())->uid, ::getuid());

    const UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    const int fds[] = {file.get(), file.get()};
    ASSERT_TRUE(SendWithFds(client->get(), "hi", fds));
    const auto got = ReceiveWithFds(server->get(), 10);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->bytes, "hi");
    ASSERT_EQ(got->fds.size(), 2u);
    EXPECT_NE(::fcntl(got->fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_TRUE(ListenUnix(path, 0600)) << "a socket file that nobody listens on is replaced";
  ASSERT_TRUE(WriteFileAtomically(std::string(folder) + "/f", "x", 0600));
  EXPECT_EQ(ListenUnix(std::string(folder) + "/f", 0600).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(ListenUnix(std::string(200, 'x'), 0600).error().kind, ErrorKind::kInvalid);
  ::unlink((std::string(folder) + "/f").c_str());
  ::unlink(path.c_str());
  ::rmdir(folder);
}

}  // namespace
}  // namespace terrarium::runtime
