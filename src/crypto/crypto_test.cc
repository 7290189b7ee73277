#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/root_key.h"
#include "crypto/seal.h"

namespace terrarium::crypto {
namespace {

TEST(SealTest, OpensWhatItSealedAndNothingElse) {
  SeededRandom random(1);
  const Secret key(std::string(32, 'k')), other(std::string(32, 'o'));
  for (const std::size_t size : {0u, 1u, 4096u}) {
    const std::string plaintext(size, 'p');
    const std::string sealed = Seal(key, "row 1", plaintext, random);
    EXPECT_EQ(sealed.size(), size + kSealOverhead);
    ASSERT_TRUE(Open(key, "row 1", sealed));
    EXPECT_EQ(Open(key, "row 1", sealed)->view(), plaintext);
    EXPECT_FALSE(Open(other, "row 1", sealed));
    EXPECT_FALSE(Open(key, "row 2", sealed));
    EXPECT_FALSE(Open(key, "row 1", std::string_view(sealed).substr(0, sealed.size() - 1)));
    for (std::size_t i = 0; i < std::min<std::size_t>(sealed.size(), 40); ++i) {
      std::string flipped = sealed;
      flipped[i] = static_cast<char>(flipped[i] ^ 1);
      EXPECT_FALSE(Open(key, "row 1", flipped)) << i;
    }
  }
  EXPECT_NE(Seal(key, "", "same", random), Seal(key, "", "same", random));
}

TEST(SealTest, KnownAnswers) {
  EXPECT_EQ(HexEncode(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(HmacSha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // RFC 5869 A.1, second step, first block.
  const Secret prk(*HexDecode("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"));
  EXPECT_EQ(HexEncode(DeriveKey(prk, *HexDecode("f0f1f2f3f4f5f6f7f8f9")).view()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

class RootKeyTest : public ::testing::Test {
 protected:
  RootKeyTest() {
    char name[] = "/tmp/trm-rootkey-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/root.key";
  }
  ~RootKeyTest() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  SeededRandom random_{3};
  std::string folder_, path_;
};

TEST_F(RootKeyTest, IsMadeOnceAndReadBack) {
  auto made = RootKey::Load(path_, random_, true);
  ASSERT_TRUE(made);
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0400u);
  auto read = RootKey::Load(path_, random_, false);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->Fingerprint(), made->Fingerprint());
  EXPECT_EQ(read->For("a").view(), made->For("a").view());
  EXPECT_NE(read->For("a").view(), read->For("b").view());
}

TEST_F(RootKeyTest, RefusesAMissingOrReadableOrShortFile) {
  EXPECT_FALSE(RootKey::Load(path_, random_, false));
  ASSERT_TRUE(RootKey::Load(path_, random_, true));
  ::chmod(path_.c_str(), 0440);
  EXPECT_FALSE(RootKey::Load(path_, random_, true));
  ASSERT_TRUE(WriteFileAtomically(path_, "short", 0400));
  EXPECT_FALSE(RootKey::Load(path_, random_, true));
}

}  // namespace
}  // namespace terrarium::crypto
