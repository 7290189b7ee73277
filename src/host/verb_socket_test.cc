#include "host/verb_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "gen/sample/ports.h"
#include "runtime/unix_socket.h"

namespace terrarium::host {
namespace {

class FakeSampleHost final : public SampleHost {
 public:
  Result<gen::sample::Tag*> EnsureSample(const gen::sample::Sample& request, Arena& arena) override {
    if (request.name == "bad") return std::unexpected(Error{ErrorKind::kConflict, "", "no room", "the shelf is full"});
    auto* tag = arena.New<gen::sample::Tag>();
    tag->key = arena.Copy("made-" + request.name.str());
    return tag;
  }
};

class VerbSocketTest : public testing::Test {
 protected:
  VerbSocketTest() : path_(std::filesystem::temp_directory_path() / ("terrarium-verb-" + std::to_string(::getpid()))) {
    ServeSampleHost(table_, fake_);
    listener_ = *runtime::ListenUnix(path_, 0600);
  }
  ~VerbSocketTest() override { std::filesystem::remove(path_); }

  std::thread Serve(uid_t allowed) {
    return std::thread([this, allowed] {
      pollfd waiting{listener_.get(), POLLIN, 0};  // the listener does not block
      ::poll(&waiting, 1, -1);
      ServeVerbs(*runtime::Accept(listener_.get(), runtime::Blocks::kYes), allowed, table_);
    });
  }

  std::string path_;
  FakeSampleHost fake_;
  VerbTable table_;
  UniqueFd listener_;
};

TEST_F(VerbSocketTest, AVerbTravelsWithItsErrorAndTheConnectionIsKept) {
  std::thread server = Serve(::getuid());
  {
    VerbSocket socket(path_);
    SampleHostStub stub(socket);
    Arena arena;
    gen::sample::Sample request;
    request.name = "x";
    const auto made = stub.EnsureSample(request, arena);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ((*made)->key, "made-x");

    request.name = "bad";
    const auto refused = stub.EnsureSample(request, arena);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
    EXPECT_EQ(refused.error().cause, "the shelf is full");

    const auto incomplete = stub.EnsureSample(gen::sample::Sample(), arena);
    ASSERT_FALSE(incomplete);
    EXPECT_EQ(incomplete.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(socket.Exchange("SampleHost.Nothing", "").error().kind, ErrorKind::kUnsupported);
  }
  server.join();
}

TEST_F(VerbSocketTest, AForeignUserIsTurnedAway) {
  std::thread server = Serve(::getuid() + 1);
  VerbSocket socket(path_);
  const auto answer = socket.Exchange("SampleHost.EnsureSample", "");
  server.join();
  ASSERT_FALSE(answer);
}

TEST_F(VerbSocketTest, NoHostIsUnavailable) {
  VerbSocket socket(path_ + "-absent");
  EXPECT_EQ(socket.Exchange("SampleHost.EnsureSample", "").error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace terrarium::host
