#include "drivers/mysql/certificates.h"

#include <gtest/gtest.h>

#include "drivers/mysql/sealed.h"

namespace terrarium::mysql {
namespace {

constexpr UnixMillis kNow = 1'764'000'000'000, kDay = 86'400'000;

TEST(Certificates, FitTheirNameAddressAuthorityAndTime) {
  SystemRandom random;
  const auto authority = MakeAuthority("Terrarium RDS eu-central-1", kNow, random), other = MakeAuthority("Terrarium RDS eu-central-1", kNow, random);
  ASSERT_TRUE(authority && other);
  const auto server = MakeServerCertificate(*authority, {"db.example"}, {"10.0.0.5"}, kNow, random);
  ASSERT_TRUE(server);
  const auto fits = [&](const std::string& ca, const char* name, const char* address, UnixMillis now) {
    return CertificateFits(server->certificate, ca, name, address, now);
  };
  EXPECT_TRUE(fits(authority->certificate, "db.example", "10.0.0.5", kNow));
  EXPECT_FALSE(fits(other->certificate, "db.example", "10.0.0.5", kNow)) << "another authority of the same name";
  EXPECT_FALSE(fits(authority->certificate, "other.example", "10.0.0.5", kNow));
  EXPECT_FALSE(fits(authority->certificate, "db.example", "10.0.0.6", kNow));
  EXPECT_TRUE(fits(authority->certificate, "db.example", "10.0.0.5", kNow + 330 * kDay));
  EXPECT_FALSE(fits(authority->certificate, "db.example", "10.0.0.5", kNow + 340 * kDay)) << "ends within thirty days";
  EXPECT_FALSE(CertificateFits("", authority->certificate, "db.example", "10.0.0.5", kNow));
}

TEST(Certificates, LongNamesAreAlternativesOnly) {
  SystemRandom random;
  const auto authority = MakeAuthority("a", kNow, random);
  const std::string name = std::string(60, 'a') + "." + std::string(60, 'b') + ".example";
  const auto server = MakeServerCertificate(*authority, {name}, {"10.0.0.5"}, kNow, random);
  ASSERT_TRUE(server);
  EXPECT_TRUE(CertificateFits(server->certificate, authority->certificate, name, "10.0.0.5", kNow));
}

TEST(Sealed, OpensUnderItsOwnKeyOnly) {
  SeededRandom random(1);
  const std::string key(32, 'k'), other(32, 'o');
  const auto sealed = Seal("keyring", key, random);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find("keyring"), std::string::npos);
  EXPECT_EQ(Unseal(*sealed, key)->view(), "keyring");
  EXPECT_EQ(Unseal(*sealed, other).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(Seal("x", "short", random).error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace terrarium::mysql
