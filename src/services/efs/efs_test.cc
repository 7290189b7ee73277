#include "gen/efs/types.h"
#include "host/files/fake_files_host.h"
#include "services/ec2/ec2_fixture.h"
#include "services/efs/operations.h"
#include "services/efs/public.h"
#include "services/efs/reconciler.h"

namespace terrarium::efs {
namespace {

namespace api_wire = gen::efs;
namespace ops = gen::efs::ops;

class EfsTest : public ec2::Ec2Test {
 protected:
  EfsTest() {
    RegisterEfs(registry_, root_);
    runner_->Add("efs/fs/", file_systems_);
    vpc_ = MakeVpc();
    one_ = MakeSubnet(vpc_, "10.0.0.0/24", "eu-west-1a");
    two_ = MakeSubnet(vpc_, "10.0.1.0/24", "eu-west-1b");
    files_ = MakeGroup(vpc_, "files");
    tasks_ = MakeGroup(vpc_, "tasks");
  }
  ~EfsTest() override { runner_.reset(); }

  void Look(int seconds = 5) { scheduler_.RunFor(Millis{seconds * 1000}); }
  api_wire::CreateFileSystemRequest FileSystem(const char* token = "site") {
    api_wire::CreateFileSystemRequest r;
    r.creation_token = token;
    r.encrypted = true;
    return r;
  }
  std::string MakeFileSystem() {
    const auto made = Run<ops::CreateFileSystem>(FileSystem());
    EXPECT_TRUE(made) << made.error().message;
    Look();
    return made ? (*made)->file_system_id.str() : "";
  }
  api_wire::FileSystemDescription* Show(const std::string& id) {
    api_wire::DescribeFileSystemsRequest r;
    r.file_system_id = arena_.Copy(id);
    const auto found = Run<ops::DescribeFileSystems>(r);
    return found ? &(*found)->file_systems[0] : nullptr;
  }
  std::string MakeTarget(const std::string& file_system, const std::string& subnet, std::string* code = nullptr) {
    api_wire::CreateMountTargetRequest r;
    r.file_system_id = arena_.Copy(file_system);
    r.subnet_id = arena_.Copy(subnet);
    r.security_groups.Add(arena_) = arena_.Copy(files_);
    const auto made = Run<ops::CreateMountTarget>(r);
    if (code != nullptr) *code = made ? "" : made.error().code;
    Look();
    return made ? (*made)->mount_target_id.str() : "";
  }
  std::string MakePoint(const std::string& file_system) {
    api_wire::CreateAccessPointRequest r;
    r.client_token = "public";
    r.file_system_id = arena_.Copy(file_system);
    api_wire::PosixUser user;
    user.uid = user.gid = 33;
    api_wire::CreationInfo info;
    info.owner_uid = info.owner_gid = 33;
    info.permissions = "2775";
    api_wire::RootDirectory root;
    root.path = "/public";
    root.creation_info = &info;
    r.posix_user = &user;
    r.root_directory = &root;
    const auto made = Run<ops::CreateAccessPoint>(r);
    EXPECT_TRUE(made) << made.error().message;
    return made ? (*made)->access_point_id.str() : "";
  }
  std::string Client(const std::string& subnet) {
    return With([&](const ec2::Scope& scope) -> std::string { return ec2::AllocateEni(scope, {.subnet = subnet, .groups = {tasks_}})->id; });
  }
  Result<Mount> Find(const std::string& file_system, const std::string& point, const std::string& eni) {
    Result<Mount> out = Fail(ErrorKind::kUnknown, "");
    With([&](const ec2::Scope& scope) {
      out = FindMount(scope, {.file_system = file_system, .access_point = point, .eni = eni});
      return true;
    });
    return out;
  }

  crypto::RootKey root_ = crypto::RootKey::InMemory(random_);
  host::FakeFilesHost host_;
  FileSystemReconciler file_systems_{*database_, blocking_, host_, root_, scheduler_.clock(), random_};
  std::string vpc_, one_, two_, files_, tasks_;
};

TEST_F(EfsTest, AFileSystemIsMadeMeasuredAndTakenAway) {
  const auto made = Run<ops::CreateFileSystem>(FileSystem());
  ASSERT_TRUE(made) << made.error().message;
  const std::string id = (*made)->file_system_id.str();
  EXPECT_EQ((*made)->life_cycle_state, "creating");
  EXPECT_TRUE((*made)->kms_key_id.view().starts_with("arn:aws:kms:eu-west-1:000000000001:key/"));
  Look();
  EXPECT_EQ(Show(id)->life_cycle_state, "available");
  ASSERT_EQ(host_.all().size(), 1u);
  EXPECT_EQ(host_.all().begin()->second.key.size(), 64u);
  host_.SetUsed(id, 12'345);
  Look(70);
  EXPECT_EQ(Show(id)->size_in_bytes->value, 12'345);
  EXPECT_EQ(Code<ops::CreateFileSystem>(FileSystem()), "FileSystemAlreadyExists");

  api_wire::DeleteFileSystemRequest remove;
  remove.file_system_id = arena_.Copy(id);
  EXPECT_EQ(Code<ops::DeleteFileSystem>(remove), "");
  Look();
  EXPECT_EQ(Show(id), nullptr);
  EXPECT_TRUE(host_.all().empty());
  EXPECT_EQ(Code<ops::DeleteFileSystem>(remove), "FileSystemNotFound");
}

TEST_F(EfsTest, WhatIsNotRealIsRefusedByName) {
  auto elastic = FileSystem();
  elastic.throughput_mode = "elastic";
  const auto refused = Run<ops::CreateFileSystem>(elastic);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(refused.error().message.find("ThroughputMode elastic"), std::string::npos);
  auto backup = FileSystem();
  backup.backup = true;
  EXPECT_FALSE(Run<ops::CreateFileSystem>(backup));
  const std::string id = MakeFileSystem();
  api_wire::DescribeFileSystemPolicyRequest policy;
  policy.file_system_id = arena_.Copy(id);
  EXPECT_EQ(Code<ops::DescribeFileSystemPolicy>(policy), "PolicyNotFound");
}

TEST_F(EfsTest, OneMountTargetAZoneAndNoneLeftBeforeTheFileSystemGoes) {
  const std::string id = MakeFileSystem(), target = MakeTarget(id, one_);
  std::string code;
  MakeTarget(id, one_, &code);
  EXPECT_EQ(code, "MountTargetConflict");
  api_wire::DescribeMountTargetsRequest r;
  r.mount_target_id = arena_.Copy(target);
  const auto found = Run<ops::DescribeMountTargets>(r);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->mount_targets[0].life_cycle_state, "available");
  EXPECT_EQ((*found)->mount_targets[0].availability_zone_name, "eu-west-1a");
  api_wire::DeleteFileSystemRequest remove;
  remove.file_system_id = arena_.Copy(id);
  EXPECT_EQ(Code<ops::DeleteFileSystem>(remove), "FileSystemInUse");
  api_wire::DeleteMountTargetRequest gone;
  gone.mount_target_id = arena_.Copy(target);
  EXPECT_EQ(Code<ops::DeleteMountTarget>(gone), "");
  Look();
  EXPECT_EQ(Code<ops::DescribeMountTargets>(r), "MountTargetNotFound");
  EXPECT_EQ(Code<ops::DeleteFileSystem>(remove), "");
}

TEST_F(EfsTest, AMountNeedsATargetInTheZoneAndRulesOnBothSides) {
  const std::string id = MakeFileSystem(), point = MakePoint(id), eni = Client(one_);
  auto mount = Find(id, point, eni);
  ASSERT_FALSE(mount);
  EXPECT_TRUE(mount.error().message.starts_with("Failed to resolve \"" + id + ".efs.eu-west-1.amazonaws.com\"")) << mount.error().message;
  MakeTarget(id, two_);
  EXPECT_FALSE(Find(id, point, eni)) << "in another zone";
  MakeTarget(id, one_);
  mount = Find(id, point, eni);
  ASSERT_FALSE(mount);
  EXPECT_EQ(mount.error().message, "mount.nfs4: Connection timed out (no rule of " + files_ + " lets TCP 2049 in from " + tasks_ + ")");
  EXPECT_EQ(Allow(files_, Tcp(2050, tasks_)), "");
  EXPECT_FALSE(Find(id, point, eni));
  EXPECT_EQ(Allow(files_, Tcp(2049, tasks_)), "");
  mount = Find(id, point, eni);
  ASSERT_TRUE(mount) << mount.error().message;
  EXPECT_EQ(mount->path, "/public");
  EXPECT_EQ(mount->user_uid, 33);
  EXPECT_EQ(mount->permissions, 02775);
  EXPECT_FALSE(Find(id, "fsap-00000000000000000", eni));
}

}  // namespace
}  // namespace terrarium::efs
