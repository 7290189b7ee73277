// Real images, real keys, real mounts. Needs root, loop devices and a kernel that maps ids of mounts; skipped by name where they are missing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/file.h"
#include "base/unique_fd.h"
#include "drivers/files/image_files_host.h"

namespace terrarium::files {
namespace {

constexpr char kId[] = "fs-0123456789abcdef0";

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0 || access("/dev/loop-control", R_OK) != 0) GTEST_SKIP() << "needs root and loop devices";
    char name[] = "/var/tmp/trm-files-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
    chmod(name, 0755);  // the tests' users pass through it
    Reopen();
  }
  void TearDown() override {
    if (dir_.empty()) return;
    for (const char* mount : {"/a", "/b"}) {
      umount2((dir_ + mount).c_str(), MNT_DETACH);
      rmdir((dir_ + mount).c_str());
    }
    wire::RemoveFileSystemRequest remove;
    remove.id = kId;
    EXPECT_TRUE(host_->RemoveFileSystem(remove, arena_));
    rmdir((dir_ + "/files").c_str());
    EXPECT_EQ(rmdir(dir_.c_str()), 0) << "something is left in " << dir_;
  }
  void Reopen() { host_ = *ImageFilesHost::Open(dir_ + "/files"); }
  Result<std::int64_t> Ensure(char key = 'k') {
    const std::string bytes(64, key);
    wire::EnsureFileSystemRequest request;
    request.id = kId;
    request.key = bytes;
    TRY_ASSIGN(const auto* made, host_->EnsureFileSystem(request, arena_));
    return *made->used_bytes;
  }
  host::FilesAccess Site(std::int64_t container_uid) {
    host::FilesAccess a;
    a.file_system = kId;
    a.path = "/site/public";
    a.creation = host::FilesAccess::Creation{{33, 33}, 02775};
    a.user = host::FileIds{33, 33};
    a.container_user = {container_uid, container_uid};
    return a;
  }
  Status Mount(const host::FilesAccess& access, const char* name) {
    mkdir((dir_ + name).c_str(), 0700);
    return host_->MountAccess(access, dir_ + name);
  }
  // As that user of the host, without root's powers over files.
  int Write(std::int64_t uid, const std::string& name, const std::string& text) {
    setfsgid(static_cast<gid_t>(uid));
    setfsuid(static_cast<uid_t>(uid));
    const UniqueFd fd(open((dir_ + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    const int failed = fd ? 0 : errno;
    if (fd) {
      EXPECT_TRUE(WriteAll(fd.get(), text));
    }
    setfsuid(0);
    setfsgid(0);
    return failed;
  }
  std::string Read(std::int64_t uid, const std::string& name) {
    setfsgid(static_cast<gid_t>(uid));
    setfsuid(static_cast<uid_t>(uid));
    const auto text = ReadFile(dir_ + name);
    setfsuid(0);
    setfsgid(0);
    return text ? *text : "error";
  }

  std::string dir_;
  Arena arena_;
  std::unique_ptr<ImageFilesHost> host_;
};

TEST_F(FilesTest, TwoTasksShareAFolderThoughTheirIdsDiffer) {
  ASSERT_TRUE(Ensure());
  const auto a = Mount(Site(1'048'576 + 33), "/a"), b = Mount(Site(1'114'112 + 33), "/b");
  ASSERT_TRUE(a) << a.error().message;
  ASSERT_TRUE(b) << b.error().message;
  EXPECT_EQ(Write(1'048'576 + 33, "/a/one.txt", "from a"), 0);
  EXPECT_EQ(Read(1'114'112 + 33, "/b/one.txt"), "from a");
  struct stat st{};
  ASSERT_EQ(stat((dir_ + "/files/" + kId + "/data/site/public/one.txt").c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, 33u);
  EXPECT_EQ(st.st_gid, 33u);
  // Nobody else is anybody: not another user of the task, not its root.
  EXPECT_NE(Write(1'048'576 + 34, "/a/two.txt", "x"), 0);
  ASSERT_EQ(stat((dir_ + "/files/" + kId + "/data/site/public").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 02775u);
}

TEST_F(FilesTest, ReadOnlyIsReadOnlyAndNoLinkLeadsOut) {
  ASSERT_TRUE(Ensure());
  host::FilesAccess access = Site(1'048'609);
  access.read_only = true;
  ASSERT_TRUE(Mount(access, "/a"));
  EXPECT_EQ(Write(1'048'609, "/a/one.txt", "x"), EROFS);
  ASSERT_EQ(symlink("/etc", (dir_ + "/files/" + kId + "/data/way").c_str()), 0);
  access.path = "/way";
  const auto link = Mount(access, "/b");
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().kind, ErrorKind::kInvalid);
  access.path = "/absent";
  access.creation.reset();
  const auto absent = Mount(access, "/b");
  ASSERT_FALSE(absent);
  EXPECT_TRUE(absent.error().message.ends_with("No such file or directory")) << absent.error().message;
}

TEST_F(FilesTest, ContentOutlivesACloseAndLiesEncrypted) {
  const auto empty = Ensure();
  ASSERT_TRUE(empty) << empty.error().message;
  ASSERT_TRUE(Mount(Site(1'048'609), "/a"));
  const std::string text = "a text that must not lie on the disk in the clear";
  std::string much;
  for (int i = 0; i < 20'000; ++i) much += text;
  EXPECT_EQ(Write(1'048'609, "/a/one.txt", much), 0);
  umount2((dir_ + "/a").c_str(), 0);
  sync();
  const auto used = Ensure();
  ASSERT_TRUE(used);
  EXPECT_GE(*used, *empty + static_cast<std::int64_t>(much.size()));
  ASSERT_TRUE(host_->CloseAll());
  Reopen();
  EXPECT_FALSE(host_->MountAccess(Site(1'048'609), dir_ + "/a")) << "closed";

  const UniqueFd image(open((dir_ + "/files/" + kId + ".img").c_str(), O_RDONLY | O_CLOEXEC));
  std::string chunk(4 << 20, '\0');
  bool clear = false;
  for (off_t at = lseek(image.get(), 0, SEEK_DATA); at >= 0; at = lseek(image.get(), at, SEEK_DATA)) {
    const ssize_t n = pread(image.get(), chunk.data(), chunk.size(), at);
    if (n <= 0) break;
    clear |= std::string_view(chunk.data(), static_cast<std::size_t>(n)).find(text) != std::string_view::npos;
    at += n;
  }
  EXPECT_FALSE(clear);

  const auto wrong = Ensure('x');
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::kConflict);
  ASSERT_TRUE(Ensure());
  ASSERT_TRUE(Mount(Site(1'114'145), "/b"));
  EXPECT_EQ(Read(1'114'145, "/b/one.txt").size(), much.size());
}

// A reboot without a reboot: the image is mounted, and its key is not there yet. A task that starts now waits; it is not told that its folder is missing.
TEST_F(FilesTest, AMountWaitsForTheKey) {
  ASSERT_TRUE(Ensure());
  ASSERT_TRUE(Mount(Site(1'048'609), "/a"));
  umount2((dir_ + "/a").c_str(), 0);
  ASSERT_TRUE(host_->CloseAll());
  wire::EnsureFileSystemRequest keyless;
  keyless.id = kId;
  ASSERT_TRUE(host_->EnsureFileSystem(keyless, arena_));
  for (const bool creation : {true, false}) {
    host::FilesAccess access = Site(1'048'609);
    if (!creation) access.creation.reset();
    const auto early = Mount(access, "/a");
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().kind, ErrorKind::kUnavailable) << early.error().message;
  }
  ASSERT_TRUE(Ensure());
  EXPECT_TRUE(Mount(Site(1'048'609), "/a"));
}

// What a task still has mounted and what is mounted anew are one file system, never two writers of one image.
TEST_F(FilesTest, OpenedAgainWhileATaskHasItIsTheSameOne) {
  ASSERT_TRUE(Ensure());
  ASSERT_TRUE(Mount(Site(1'048'609), "/a"));
  ASSERT_TRUE(host_->CloseAll());
  Reopen();
  ASSERT_TRUE(Ensure());
  ASSERT_TRUE(Mount(Site(1'114'145), "/b"));
  EXPECT_EQ(Write(1'048'609, "/a/one.txt", "from before"), 0);
  EXPECT_EQ(Read(1'114'145, "/b/one.txt"), "from before");
  struct stat a{}, b{};
  ASSERT_EQ(stat((dir_ + "/a").c_str(), &a), 0);
  ASSERT_EQ(stat((dir_ + "/b").c_str(), &b), 0);
  EXPECT_EQ(a.st_dev, b.st_dev);
}

}  // namespace
}  // namespace terrarium::files
