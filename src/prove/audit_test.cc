#include "prove/audit.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace terrarium::prove {
namespace {

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    char name[] = "/tmp/terrarium-audit-XXXXXX";
    root_ = ::mkdtemp(name);
    for (const char* folder : {"/run/netns", "/sys/class/net", "/proc"}) std::filesystem::create_directories(root_ + folder);
  }
  ~AuditTest() override { std::filesystem::remove_all(root_); }
  void Put(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  std::vector<std::string> Look() { return HostAudit("a1", "/run/terrarium/a1", "/var/lib/a1", root_).Look().value(); }
  std::string root_;
};

TEST_F(AuditTest, FindsEachKindByItself) {
  EXPECT_TRUE(Look().empty());
  const auto finds = [&](const std::string& path, std::string_view text, std::string_view line) {
    Put(path, text);
    const auto found = Look();
    EXPECT_EQ(found.size(), 1u) << line;
    EXPECT_TRUE(!found.empty() && found[0].starts_with(line)) << line;
    std::filesystem::remove_all(root_ + path);
  };
  finds("/run/netns/trm-a1-inet", "", "network namespace trm-a1-inet");
  finds("/sys/class/net/v16/ifalias", "trm-a1-vpc-1\n", "link v16");
  finds("/proc/self/mounts", "overlay /var/lib/a1/merged overlay rw 0 0\n", "mount /var/lib/a1/merged");
  finds("/proc/812/cmdline", std::string_view("haproxy\0-f\0/run/terrarium/a1/lb/x.cfg\0", 38), "process 812 haproxy");
  finds("/proc/813/cgroup", "0::/terrarium-a1/task/x\n", "process 813");
  finds("/proc/net/unix", "0000: 2 0 0 1 1 77 /run/terrarium/a1/host.sock\n", "socket /run/terrarium/a1/host.sock");
  finds("/var/lib/a1/x", "", "folder /var/lib/a1");
}

TEST_F(AuditTest, LeavesOthersAlone) {
  Put("/run/netns/trm-a12-inet", "");
  Put("/proc/812/cmdline", std::string_view("haproxy\0/run/terrarium/a12/x\0", 29));
  Put("/proc/813/cgroup", "0::/terrarium-a12/x\n");
  Put("/proc/self/mounts", "overlay /var/lib/a12/m overlay rw 0 0\n");
  EXPECT_TRUE(Look().empty()) << Look()[0];
}

}  // namespace
}  // namespace terrarium::prove
