#include "drivers/podman/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/podman/cgroup.h"
#include "drivers/podman/inspect.h"
#include "drivers/podman/log_file.h"
#include "drivers/podman/oci_config.h"
#include "host/container/spec.h"

namespace terrarium::podman {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kImage = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

ContainerSpec MinimalSpec() {
  ContainerSpec s;
  s.name = "a1b2-0";
  s.task = "a1b2";
  s.image = kImage;
  s.hostname = "ip-10-0-1-5";
  s.network_namespace = "trm-t0-eni-1";
  s.uid_base = 65536 * 16;
  s.task_cpu_units = 256;
  s.task_memory_mib = 512;
  return s;
}

Config TestConfig() {
  Config c;
  c.instance = "t0";
  c.state_dir = "/var/lib/terrarium/podman";
  c.run_dir = "/run/terrarium/t0";
  c.oci_wrapper = "/opt/terrarium-oci";
  c.open_files_limit = 1024;
  c.processes_limit = 500;
  return c;
}

std::string Joined(const std::vector<std::string>& a) {
  std::string out;
  for (const std::string& s : a) out += s + "\n";
  return out;
}

TEST(ContainerArguments, DropWhatFargateDrops) {
  const std::string a = Joined(RunArguments(TestConfig(), MinimalSpec()));
  EXPECT_THAT(a, HasSubstr("--cap-drop\nall\n"));
  EXPECT_THAT(a, HasSubstr("--security-opt\nno-new-privileges\n"));
  EXPECT_THAT(a, HasSubstr("--security-opt\nmask=/sys/fs/cgroup\n"));
  EXPECT_THAT(a, HasSubstr("--cap-add\nNET_BIND_SERVICE\n"));
  for (const char* never : {"SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "privileged", "seccomp=unconfined", "host"}) {
    EXPECT_THAT(RunArguments(TestConfig(), MinimalSpec()), Not(Contains(std::string(never))));
  }
}

TEST(ContainerArguments, LimitsAreTheTasksUnlessTheContainerHasItsOwn) {
  ContainerSpec s = MinimalSpec();
  EXPECT_THAT(Joined(RunArguments(TestConfig(), s)), HasSubstr("--memory\n512m\n--memory-swap\n512m\n"));
  s.memory_mib = 100;
  EXPECT_THAT(Joined(RunArguments(TestConfig(), s)), HasSubstr("--memory\n100m\n--memory-swap\n100m\n"));
}

TEST(ContainerArguments, ULimitsAreCutToWhatThisProcessMayHandOn) {
  EXPECT_THAT(Joined(RunArguments(TestConfig(), MinimalSpec())), HasSubstr("nofile=1024:1024\n--ulimit\nnproc=500:500\n"));
}

TEST(ContainerArguments, NoVariableIsInThem) {
  Arena arena;
  ContainerSpec s = MinimalSpec();
  s.environment.Add(arena) = {"PLAIN_NAME", "plain-value"};
  s.secrets.Add(arena) = {"SECRET_NAME", "secret-value"};
  const std::string a = Joined(RunArguments(TestConfig(), s));
  for (const char* text : {"PLAIN_NAME", "plain-value", "SECRET_NAME", "secret-value"}) EXPECT_THAT(a, Not(HasSubstr(text)));
  EXPECT_EQ(RenderEnvironmentFile(s), R"({"PLAIN_NAME":"plain-value","SECRET_NAME":"secret-value"})");
}

TEST(ContainerArguments, CommandFollowsTheImageAndCannotBeAnOption) {
  Arena arena;
  ContainerSpec s = MinimalSpec();
  s.command.Add(arena) = "--privileged";
  const auto a = RunArguments(TestConfig(), s);
  ASSERT_GE(a.size(), 3U);
  EXPECT_EQ(a[a.size() - 3], "--");
  EXPECT_EQ(a[a.size() - 2], kImage);
  EXPECT_EQ(a[a.size() - 1], "--privileged");
}

TEST(ContainerArguments, UserNamespaceMapsTheTasksOwnIds) {
  EXPECT_THAT(Joined(RunArguments(TestConfig(), MinimalSpec())), HasSubstr("--uidmap\n0:1048576:65536\n--gidmap\n0:1048576:65536\n"));
}

TEST(ContainerSpecValidation, RefusesWhatCouldBecomeAnotherArgument) {
  Arena arena;
  EXPECT_TRUE(host::ValidateSpec(MinimalSpec()));
  const auto refused = [](auto change) {
    ContainerSpec s = MinimalSpec();
    change(s);
    return !host::ValidateSpec(s);
  };
  EXPECT_TRUE(refused([](auto& s) { s.name = "../x"; }));
  EXPECT_TRUE(refused([](auto& s) { s.name = "-x"; }));
  EXPECT_TRUE(refused([](auto& s) { s.name = ""; }));
  EXPECT_TRUE(refused([](auto& s) { s.task = "a/b"; }));
  EXPECT_TRUE(refused([](auto& s) { s.task = "monitors"; }));
  EXPECT_TRUE(refused([](auto& s) { s.image = "docker.io/library/alpine"; }));
  EXPECT_TRUE(refused([](auto& s) { s.network_namespace = "../../proc/1/ns/net"; }));
  EXPECT_TRUE(refused([](auto& s) { s.network_namespace = ""; }));
  EXPECT_TRUE(refused([](auto& s) { s.hostname = "a\nb"; }));
  EXPECT_TRUE(refused([](auto& s) { s.user = "0 --privileged"; }));
  EXPECT_TRUE(refused([](auto& s) { s.working_directory = "/a/../../etc"; }));
  EXPECT_TRUE(refused([](auto& s) { s.uid_base = 0; })) << "no user namespace";
  EXPECT_TRUE(refused([](auto& s) { s.uid_base = 65536; }));
  EXPECT_TRUE(refused([](auto& s) { s.uid_base = 65536 * 6; })) << "the users of database servers and proxies";
  EXPECT_TRUE(refused([](auto& s) { s.uid_base = 65536 * 16 + 1; }));
  EXPECT_TRUE(refused([](auto& s) { s.memory_mib = 513; }));
  EXPECT_TRUE(refused([](auto& s) { s.task_memory_mib.reset(); }));
  EXPECT_TRUE(refused([&](auto& s) { s.add_capabilities.Add(arena) = "SYS_ADMIN"; }));
  EXPECT_TRUE(refused([&](auto& s) { s.tmpfs.Add(arena) = {"/tmp:exec,dev", 1, {}}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.volumes.Add(arena) = {"/etc", "/mnt", false}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.volumes.Add(arena) = {"data", "/mnt:rw,z", false}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.hosts.Add(arena) = {"10.0.0.1", "a b"}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.name_servers.Add(arena) = "10.0.0.2\nnameserver 1.1.1.1"; }));
  EXPECT_TRUE(refused([&](auto& s) { s.search_domains.Add(arena) = "x\noptions"; }));
  EXPECT_TRUE(refused([&](auto& s) { s.environment.Add(arena) = {"A=B", "c"}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.sysctls.Add(arena) = {"net.ipv4.ip_forward", "1"}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.sysctls.Add(arena) = {"net.core.somaxconn", "1/../x"}; }));
  EXPECT_TRUE(refused([&](auto& s) { s.command.Add(arena) = std::string_view("a\0b", 3); }));
}

TEST(ImageReference, IsPinnedByDigest) {
  const std::string digest = "@sha256:" + std::string(kImage);
  EXPECT_EQ(host::RegistryOf("127.0.0.1:4566/site" + digest).value(), "127.0.0.1:4566");
  EXPECT_FALSE(host::RegistryOf("127.0.0.1:4566/site:latest"));
  EXPECT_FALSE(host::RegistryOf("site" + digest));
  EXPECT_FALSE(host::RegistryOf("--authfile=/etc/shadow/x" + digest));
  EXPECT_FALSE(host::RegistryOf("h/x y" + digest));
}

TEST(SpecHash, SeesEveryFieldButSecretsValuesAndTheGeneration) {
  Arena arena;
  ContainerSpec a = MinimalSpec(), b = MinimalSpec();
  a.secrets.Add(arena) = {"S", "one"};
  b.secrets.Add(arena) = {"S", "two"};
  b.generation = 7;
  EXPECT_EQ(host::SpecHash(a), host::SpecHash(b));
  b.read_only_root = true;
  EXPECT_NE(host::SpecHash(a), host::SpecHash(b));
}

TEST(AuthFile, CannotBeBrokenOutOf) {
  EXPECT_EQ(RenderAuthFile("127.0.0.1:1", "AWS", "a\"b"), R"({"auths":{"127.0.0.1:1":{"auth":"QVdTOmEiYg=="}}})");
}

TEST(OciConfig, SetsVariablesAndDropsAnnotations) {
  const auto out = RewriteOciConfig(R"({"process":{"env":["PATH=/bin","A=image"],"args":["x"]},"annotations":{"run.oci.handler":"krun"},"root":{"path":"/r"}})",
                                    R"({"A":"ours","B":"two\nlines"})");
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, R"({"process":{"env":["PATH=/bin","A=ours","B=two\nlines"],"args":["x"]},"root":{"path":"/r"}})");
  EXPECT_FALSE(RewriteOciConfig("{}", "{}"));
}

TEST(OciConfig, FindsTheProgramsUserOnTheHost) {
  const std::string mapped = R"({"process":{"user":{"uid":33,"gid":40}},"linux":{"uidMappings":[{"containerID":0,"hostID":1310720,"size":65536}],"gidMappings":[{"containerID":0,"hostID":7,"size":34}]}})";
  EXPECT_EQ(ProgramUser(mapped)->uid, 1310753);
  EXPECT_EQ(ProgramUser(mapped)->gid, -1);
  EXPECT_EQ(ProgramUser(R"({"process":{"user":{"uid":33,"gid":33}},"linux":{}})")->uid, 33);
  EXPECT_EQ(ProgramUser(R"({"process":{"user":{}},"linux":{}})")->uid, 0);
}

TEST(Inspect, TellsExitedFromLost) {
  Arena arena;
  const auto of = [&](std::string_view state) {
    const std::string json = R"([{"Config":{"Labels":{"terrarium.instance":"t0","terrarium.name":"a-0","terrarium.task":"a","terrarium.generation":"3"}},"State":)" +
                             std::string(state) + "}]";
    return ParseContainers(json, "t0", [](std::string_view) { return false; }, arena).value();
  };
  auto c = of(R"({"Status":"exited","ExitCode":137,"OOMKilled":true,"StartedAt":"2026-11-25T10:41:45.7Z","FinishedAt":"2026-11-25T10:42:17.6Z","Pid":0})");
  ASSERT_EQ(c.size(), 1U);
  EXPECT_EQ(c[0].status, "exited");
  EXPECT_EQ(c[0].exit_code, 137);
  EXPECT_EQ(c[0].out_of_memory, true);
  EXPECT_EQ(c[0].generation, 3);
  EXPECT_EQ(of(R"({"Status":"exited","ExitCode":0,"StartedAt":"2026-11-25T10:41:45.7Z","FinishedAt":"0001-01-01T00:00:00Z"})")[0].status, "lost");
  EXPECT_EQ(of(R"({"Status":"created","StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z"})")[0].status, "created");
  EXPECT_EQ(of(R"({"Status":"running","Pid":12,"StartedAt":"2026-11-25T10:41:45.7Z","FinishedAt":"0001-01-01T00:00:00Z"})")[0].process_id, 12);
  EXPECT_TRUE(ParseContainers(R"([{"Config":{"Labels":{"terrarium.instance":"other","terrarium.name":"a"}},"State":{}}])", "t0", [](std::string_view) { return false; }, arena)->empty());
  EXPECT_TRUE(ParseContainers(R"([{"Config":{"Labels":null},"State":{}}])", "t0", [](std::string_view) { return false; }, arena)->empty());
}

TEST(Inspect, PullFailuresByKind) {
  EXPECT_EQ(PullError("Error: initializing source docker://h/x: reading manifest sha256:0 in h/x: manifest unknown").kind, ErrorKind::kNotFound);
  EXPECT_EQ(PullError("Error: reading manifest: unauthorized: authentication required").kind, ErrorKind::kDenied);
  EXPECT_EQ(PullError("Error: pinging container registry 127.0.0.1:1: connect: connection refused").kind, ErrorKind::kUnavailable);
}

TEST(ContainerLog, JoinsPiecesPerStreamAndKeepsTheUnfinished) {
  Arena arena;
  const std::string text =
      "2026-11-25T10:41:19.441135110+00:00 stdout P half \n"
      "2026-11-25T10:41:19.500000000+00:00 stderr F warning\n"
      "2026-11-25T10:41:19.600000000+00:00 stdout F line\n"
      "2026-11-25T10:41:20.000000000+00:00 stdout P open\n"
      "2026-11-25T10:41:20.100000000+00:00 stderr F \n"
      "2026-11-25T10:41:2";
  auto piece = ParseLog(text, 0, 0, false, arena);
  ASSERT_EQ(piece.records.size(), 3U);
  EXPECT_EQ(piece.records[0].text, "warning");
  EXPECT_EQ(piece.records[0].from_error, true);
  EXPECT_EQ(piece.records[1].text, "half line");
  EXPECT_EQ(piece.records[1].time, 1795603279441);
  EXPECT_EQ(piece.records[2].text, "");
  // Going on from there gives nothing twice, and the open line once its end is known.
  auto again = ParseLog(text, piece.output_offset, piece.error_offset, false, arena);
  EXPECT_EQ(again.records.size(), 0U);
  auto last = ParseLog(text, piece.output_offset, piece.error_offset, true, arena);
  ASSERT_EQ(last.records.size(), 1U);
  EXPECT_EQ(last.records[0].text, "open");
}

TEST(CgroupMounts, PreferTheHierarchyThatHasTheControllers) {
  int version = 0;
  auto m = ParseCgroupMounts("cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n", version);
  EXPECT_EQ(version, 1);
  ASSERT_EQ(m.size(), 2U);
  EXPECT_EQ(m[1].second, "/sys/fs/cgroup/cpu,cpuacct");
  m = ParseCgroupMounts("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", version);
  EXPECT_EQ(version, 2);
  EXPECT_EQ(m.at(0).second, "/sys/fs/cgroup");
}

}  // namespace
}  // namespace terrarium::podman
