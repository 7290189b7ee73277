#include "drivers/node/node_driver.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "base/file.h"
#include "host/network/fake_network.h"
#include "runtime/child_process.h"

// What the driver believes about a running terrarium-node, and what it does not.
namespace terrarium::drivers {
namespace {

constexpr uid_t kNobody = 65534;

class NodeDriverTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "terrarium-node is started by root";
    char folder[] = "/run/trm-node-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    run_dir_ = folder;
    ::chmod(folder, 0755);
    driver_ = Make();
  }
  void TearDown() override {
    if (!driver_) return;
    EXPECT_TRUE(driver_->RemoveNode({}, arena_));
    for (const char* folder : {"/node", "/node-notes", ""}) {
      const std::string path = run_dir_ + folder;
      const auto names = ListDirectory(path);
      for (const std::string& name : *names) ::unlink((path + "/" + name).c_str());
      ::rmdir(path.c_str());
    }
    EXPECT_NE(::access(run_dir_.c_str(), F_OK), 0);
  }
  std::unique_ptr<NodeDriver> Make() {
    return std::make_unique<NodeDriver>(NodeConfig{.program = TERRARIUM_NODE, .run_dir = run_dir_, .snapshot = run_dir_ + "/snapshot", .log = run_dir_ + "/log",
                                                   .fabric_netns = "/proc/self/ns/net", .uid = kNobody, .gid = kNobody}, network_);
  }
  runtime::DetachedProcess Ensure() {
    const auto made = driver_->EnsureNode({}, arena_);
    EXPECT_TRUE(made) << made.error().message << ' ' << made.error().cause;
    return *runtime::DetachedProcess::Adopt(*runtime::DetachedProcess::IdentityOf(made ? static_cast<pid_t>(*(*made)->process_id) : ::getpid()));
  }

  host::FakeNetwork network_;
  Arena arena_;
  std::string run_dir_;
  std::unique_ptr<NodeDriver> driver_;
};

TEST_F(NodeDriverTest, WhatTheNodesOwnUserWritesIsNotBelieved) {
  auto node = Ensure();
  runtime::Command command;
  command.argv = {"sleep", "1000"};
  auto other = runtime::ChildProcess::Start(command);
  ASSERT_TRUE(other);
  const auto identity = runtime::DetachedProcess::IdentityOf(other->pid());
  ASSERT_TRUE(WriteFileAtomically(run_dir_ + "/node/identity", std::to_string(identity->pid) + " " + std::to_string(identity->started) + "\n", 0600));
  ASSERT_TRUE(driver_->RemoveNode({}, arena_));
  EXPECT_FALSE(node.Running());
  EXPECT_FALSE(other->Wait(Millis(0))) << "a process that somebody else named";
  struct stat st{};
  ASSERT_EQ(::stat((run_dir_ + "/node-notes").c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, 0u);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
}

TEST_F(NodeDriverTest, OneThatNobodyWroteDownIsEndedBeforeAnother) {
  auto unknown = Ensure();
  ASSERT_EQ(::unlink((run_dir_ + "/node-notes/identity").c_str()), 0);  // as if terrarium-host had been killed right after its start
  driver_ = Make();
  auto known = Ensure();
  EXPECT_FALSE(unknown.Running());
  EXPECT_TRUE(known.Running());
  ASSERT_EQ(::unlink((run_dir_ + "/node-notes/identity").c_str()), 0);
  driver_ = Make();
  ASSERT_TRUE(driver_->RemoveNode({}, arena_));
  EXPECT_FALSE(known.Running());
}

}  // namespace
}  // namespace terrarium::drivers
