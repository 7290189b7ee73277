#include "node/control.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "codec/row_codec.h"
#include "runtime/unix_socket.h"

namespace terrarium::node {
namespace {

TEST(ControlTest, SocketsAreGivenListedAndDropped) {
  const std::string path = std::filesystem::temp_directory_path() / ("terrarium-control-" + std::to_string(::getpid()));
  auto loop = *runtime::Loop::Create();
  const std::unique_ptr<const World> world;
  SystemClock clock;
  Sockets sockets(*loop, clock, world, "/nonexistent");
  const Control control(*loop, *runtime::ListenUnix(path, 0600), sockets);
  std::thread host([&] {
    const UniqueFd socket = *runtime::ListenTcp("127.0.0.1", 0);
    EXPECT_TRUE(GiveNodeSocket(path, "door/8080", socket.get()));
    EXPECT_TRUE(GiveNodeSocket(path, "door/8080", socket.get()));
    EXPECT_EQ(ListNodeSockets(path), std::vector<std::string>{"door/8080"});
    EXPECT_FALSE(GiveNodeSocket(path, "window/8080", socket.get()));
    const auto copy = CopyNodeSocket(path, "door/8080");
    ASSERT_TRUE(copy);
    EXPECT_EQ(*runtime::LocalPort(copy->get()), *runtime::LocalPort(socket.get()));
    EXPECT_FALSE(CopyNodeSocket(path, "door/8081"));
    EXPECT_TRUE(DropNodeSocket(path, "door/8080"));
    EXPECT_EQ(ListNodeSockets(path), std::vector<std::string>{});
    loop->Post([&] { loop->Stop(); });
  });
  loop->Run();
  host.join();
  std::filesystem::remove(path);
}

TEST(WorldTest, ADoorLeadsToAllAddressesOfTheLoadBalancerThatTheHostNames) {
  Arena arena;
  gen::node_snapshot::Snapshot snapshot;
  snapshot.version = 1;
  auto& door = snapshot.doors.Add(arena);
  door.port = 8080;
  auto& first = door.behind.Add(arena);
  first.hosts.Add(arena, "web.elb.localhost");
  first.addresses.Add(arena, "203.0.113.1");
  first.addresses.Add(arena, "203.0.113.2");
  first.port = 80;
  auto& other = door.behind.Add(arena);
  other.hosts.Add(arena, "api.elb.localhost");
  other.addresses.Add(arena, "203.0.113.3");
  other.port = 81;
  const auto world = *World::Read(codec::ToRow(snapshot));
  EXPECT_EQ(world->FindDoorTargets(8080, "web.elb.localhost").size(), 2u);
  EXPECT_EQ(world->FindDoorTargets(8080, "localhost").size(), 2u) << "the first has what names none";
  ASSERT_EQ(world->FindDoorTargets(8080, "api.elb.localhost").size(), 1u);
  EXPECT_EQ(world->FindDoorTargets(8080, "api.elb.localhost")[0].port, 81);
  EXPECT_TRUE(world->FindDoorTargets(8081, "web.elb.localhost").empty());
}

TEST(WorldTest, AnswersNamesOfItsVpcOnly) {
  Arena arena;
  gen::node_snapshot::Snapshot snapshot;
  snapshot.version = 1;
  auto& name = snapshot.names.Add(arena);
  name.vpc = "vpc-a";
  name.name = "db.us-east-1.rds.amazonaws.com";
  name.addresses.Add(arena, "10.0.1.2");
  const auto world = World::Read(codec::ToRow(snapshot));
  ASSERT_TRUE(world);
  EXPECT_NE((*world)->FindName("vpc-a", "db.us-east-1.rds.amazonaws.com"), nullptr);
  EXPECT_EQ((*world)->FindName("vpc-b", "db.us-east-1.rds.amazonaws.com"), nullptr);
  name.addresses[0] = "not an address";
  EXPECT_FALSE(World::Read(codec::ToRow(snapshot)));
}

}  // namespace
}  // namespace terrarium::node
