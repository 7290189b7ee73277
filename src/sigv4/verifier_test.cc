#include "sigv4/verifier.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "sigv4/signer.h"

namespace terrarium::sigv4 {
namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;  // 20231114T221320Z

// A request whose parts a test changes one at a time.
struct Sample {
  std::string method = "POST";
  std::string path = "/";
  std::string query;
  std::string body = "Action=GetCallerIdentity&Version=2011-06-15";
  std::vector<std::pair<std::string, std::string>> headers{{"Host", "localhost:4566"}, {"X-Amz-Target", "Sample.Do"}};

  std::vector<HeaderView> views;
  Request View() {
    views.assign(headers.begin(), headers.end());
    return {method, path, query, views, body};
  }
  void Sign(const std::string& service = "sts", UnixMillis now = kNow, std::string token = {}) {
    Signer signer({"AKIATEST", "sesame", std::move(token)}, "eu-west-1", service);
    for (auto& h : signer.Sign(View(), now)) headers.push_back(std::move(h));
  }
  std::string& Header(std::string_view name) {
    for (auto& [key, value] : headers) {
      if (EqualsIgnoreCase(key, name)) return value;
    }
    return headers.emplace_back(name, "").second;
  }
  void Drop(std::string_view name) {
    std::erase_if(headers, [&](const auto& h) { return EqualsIgnoreCase(h.first, name); });
  }
};

std::optional<Failure> Check(Sample& s, const std::string& service = "sts", UnixMillis now = kNow, std::string_view secret = "sesame") {
  static Verifier verifier;
  const Request request = s.View();
  const auto claim = ReadClaim(request);
  if (!claim) return claim.error();
  if (auto ok = CheckTime(*claim, now); !ok) return ok.error();
  if (auto ok = CheckScope(*claim, service); !ok) return ok.error();
  if (auto ok = verifier.Verify(request, *claim, secret); !ok) return ok.error();
  return std::nullopt;
}

TEST(VerifierTest, WhatTheSignerSignsPasses) {
  for (const char* service : {"sts", "ec2", "s3"}) {
    for (const char* path : {"/", "/a/b", "/tags/arn%3Aaws%3Aecs", "/a//b/../c%20d/./", "/k%2Fx"}) {
      Sample s;
      s.path = path;
      s.query = "b=2&a=%7e&a=1&c";
      s.Sign(service, kNow, "token//==");
      const auto failure = Check(s, service);
      EXPECT_FALSE(failure) << path << service << failure->message;
    }
  }
}

TEST(VerifierTest, AnyChangeFails) {
  const auto differs = [](auto change, const char* service = "sts") {
    Sample s;
    s.query = "x=1";
    s.Sign(service);
    EXPECT_FALSE(Check(s, service));
    change(s);
    const auto failure = Check(s, service);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, FailureKind::kMismatch) << failure->message;
    EXPECT_EQ(failure->message.find("sesame"), std::string::npos);
  };
  differs([](Sample& s) { s.method = "GET"; });
  differs([](Sample& s) { s.path = "/x"; });
  differs([](Sample& s) { s.query = "x=2"; });
  differs([](Sample& s) { s.query = "x=1&y=2"; });
  differs([](Sample& s) { s.body += " "; });
  differs([](Sample& s) { s.Header("host") = "localhost:4567"; });
  differs([](Sample& s) { s.Header("x-amz-target") = "Sample.Other"; });
  differs([](Sample& s) { s.Drop("x-amz-target"); });
  differs([](Sample& s) { s.headers.emplace_back("X-Amz-Target", "Sample.Second"); });
  differs([](Sample& s) { s.headers.emplace_back("X-Amz-Content-Sha256", std::string(64, '0')); });
  differs([](Sample& s) { s.Header("authorization").back() ^= 1; });
  differs([](Sample& s) { s.Header("authorization").pop_back(); });
  differs([](Sample& s) { s.body = "other"; }, "s3");
  differs([](Sample& s) { s.headers.emplace_back("x-amz-acl", "public-read"); }, "s3");
  Sample s;
  s.Sign();
  EXPECT_EQ(Check(s, "sts", kNow, "open").value().kind, FailureKind::kMismatch);
  EXPECT_FALSE(Check(s)) << "the wrong secret must not have been kept";
}

TEST(VerifierTest, UnsignedPayloadIsForS3Only) {
  Sample s;
  s.headers.emplace_back("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
  Signer signer({"AKIATEST", "sesame"}, "eu-west-1", "sts");
  Request request = s.View();
  request.body.reset();
  for (auto& h : signer.Sign(request, kNow)) s.headers.push_back(std::move(h));
  EXPECT_EQ(Check(s).value().kind, FailureKind::kMismatch);
}

TEST(VerifierTest, MissingAndMalformedParts) {
  Sample s;
  EXPECT_EQ(Check(s).value().kind, FailureKind::kMissing);
  const auto malformed = [](auto change, std::string_view words) {
    Sample t;
    t.Sign();
    change(t);
    const auto failure = Check(t);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, FailureKind::kIncomplete);
    EXPECT_NE(failure->message.find(words), std::string::npos) << failure->message;
  };
  malformed([](Sample& t) { t.Header("authorization") = "Bearer x"; }, "Unsupported AWS 'algorithm': 'Bearer'");
  malformed([](Sample& t) { t.Header("authorization") = "AWS4-HMAC-SHA256 "; },
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=");
  malformed([](Sample& t) { t.Header("authorization") = ReplaceAll(t.Header("authorization"), "/sts/", "/"); }, "exactly 5 slash-delimited elements");
  malformed([](Sample& t) { t.Header("authorization") = ReplaceAll(t.Header("authorization"), "host;", ""); }, "'Host' must be a 'SignedHeader'");
  malformed([](Sample& t) { t.Header("authorization") = ReplaceAll(t.Header("authorization"), "host;", "Host;"); }, "lower case");
  malformed([](Sample& t) { t.Header("authorization") += ", Signature=0"; }, "twice");
  malformed([](Sample& t) { t.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 x"); }, "Only one auth mechanism");
  malformed([](Sample& t) { t.query = "X-Amz-Signature=0"; }, "Only one auth mechanism");
  malformed([](Sample& t) { t.Drop("x-amz-date"); }, "'X-Amz-Date' or a 'Date'");
  malformed([](Sample& t) { t.Header("x-amz-date") = "20231114"; }, "Date must be in ISO-8601 'basic format'. Got '20231114'.");
}

TEST(VerifierTest, Clock) {
  Sample s;
  s.Sign();
  EXPECT_FALSE(Check(s, "sts", kNow + 899'000));
  EXPECT_FALSE(Check(s, "sts", kNow - 899'000));
  const auto late = Check(s, "sts", kNow + 901'000);
  EXPECT_EQ(late.value().kind, FailureKind::kSkewed);
  EXPECT_EQ(late->message, "Signature expired: 20231114T221320Z is now earlier than 20231114T221321Z (20231114T222821Z - 15 min.)");
  EXPECT_EQ(Check(s, "sts", kNow - 901'000).value().message, "Signature not yet current: 20231114T221320Z is still later than 20231114T221319Z (20231114T215819Z + 15 min.)");
}

TEST(VerifierTest, Scope) {
  Sample s;
  s.Sign();
  EXPECT_EQ(Check(s, "ecs").value().message, "Credential should be scoped to correct service: 'ecs'. ");
  Sample date;
  date.Sign();
  date.Header("authorization") = ReplaceAll(date.Header("authorization"), "/20231114/", "/20231113/");
  EXPECT_EQ(Check(date).value().message, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20231113' != '20231114', from '20231114T221320Z'.");
  Sample end;
  end.Sign();
  end.Header("authorization") = ReplaceAll(end.Header("authorization"), "aws4_request", "aws5");
  EXPECT_EQ(Check(end).value().kind, FailureKind::kMismatch);
  const auto claim = ReadClaim(s.View());
  EXPECT_FALSE(CheckScope(claim.value(), "sts", "us-east-1"));
  EXPECT_TRUE(CheckScope(claim.value(), "sts", "eu-west-1"));
}

TEST(VerifierTest, PresignedUrls) {
  Sample s;
  s.method = "GET";
  s.body.clear();
  s.headers = {{"Host", "localhost:4566"}};
  s.query = "Action=GetCallerIdentity&Version=2011-06-15";
  Signer signer({"AKIATEST", "sesame", "tok+en/=="}, "eu-west-1", "sts");
  s.query = signer.Presign(s.View(), kNow, 60);
  EXPECT_FALSE(Check(s));
  EXPECT_EQ(ReadClaim(s.View())->token, "tok+en/==");
  EXPECT_FALSE(Check(s, "sts", kNow + 60'000));
  EXPECT_EQ(Check(s, "sts", kNow + 60'001).value().kind, FailureKind::kUrlExpired);
  EXPECT_EQ(Check(s, "sts", kNow - 901'000).value().message, "Request is not valid yet");
  const std::string good = s.query;
  s.query = good + "&x=1";
  EXPECT_EQ(Check(s).value().kind, FailureKind::kMismatch);
  s.query = ReplaceAll(good, "X-Amz-Expires=60", "X-Amz-Expires=6000");
  EXPECT_EQ(Check(s).value().kind, FailureKind::kMismatch);
  s.query = ReplaceAll(good, "X-Amz-Expires=60", "X-Amz-Expires=604801");
  EXPECT_EQ(Check(s).value().kind, FailureKind::kIncomplete);
  s.query = good + "&X-Amz-Expires=60";
  EXPECT_EQ(Check(s).value().kind, FailureKind::kIncomplete);
  s.query = ReplaceAll(good, "X-Amz-Credential", "X-Amz-Kredential");
  EXPECT_EQ(Check(s).value().kind, FailureKind::kIncomplete);
  s.query = good;
  s.method = "POST";
  EXPECT_EQ(Check(s).value().kind, FailureKind::kMismatch);
}

TEST(VerifierTest, TheKeyCacheIsBoundedAndFollowsTheSecret) {
  Verifier verifier(8);
  for (int i = 0; i < 100; ++i) {
    Sample s;
    Signer signer({"AKIA" + std::to_string(i), "s" + std::to_string(i)}, "eu-west-1", "sts");
    for (auto& h : signer.Sign(s.View(), kNow)) s.headers.push_back(std::move(h));
    const Request request = s.View();
    EXPECT_TRUE(verifier.Verify(request, ReadClaim(request).value(), "s" + std::to_string(i)));
    EXPECT_LE(verifier.cached(), 8u);
  }
  Sample s;
  s.Sign();
  const Request request = s.View();
  const Claim claim = ReadClaim(request).value();
  EXPECT_TRUE(verifier.Verify(request, claim, "sesame"));
  EXPECT_FALSE(verifier.Verify(request, claim, "changed")) << "a key whose secret changed must not pass with the old one";
  EXPECT_TRUE(verifier.Verify(request, claim, "sesame"));
  const std::size_t before = verifier.cached();
  verifier.Forget("AKIATES");
  EXPECT_EQ(verifier.cached(), before);
  verifier.Forget("AKIATEST");
  EXPECT_EQ(verifier.cached(), before - 1);
}

TEST(FailureTest, CodesOfEachFamily) {
  const auto code = [](FailureKind kind, Family family) { return ToError({kind, "m"}, family).code; };
  EXPECT_EQ(code(FailureKind::kMissing, Family::kQuery), "MissingAuthenticationToken");
  EXPECT_EQ(code(FailureKind::kMissing, Family::kJson), "MissingAuthenticationTokenException");
  EXPECT_EQ(code(FailureKind::kUnknownKey, Family::kQuery), "InvalidClientTokenId");
  EXPECT_EQ(code(FailureKind::kUnknownKey, Family::kJson), "UnrecognizedClientException");
  EXPECT_EQ(code(FailureKind::kMismatch, Family::kJson), "InvalidSignatureException");
  EXPECT_EQ(code(FailureKind::kMismatch, Family::kEc2), "AuthFailure");
  EXPECT_EQ(code(FailureKind::kSkewed, Family::kQuery), "SignatureDoesNotMatch");
  EXPECT_EQ(code(FailureKind::kSkewed, Family::kEc2), "RequestExpired");
  EXPECT_EQ(code(FailureKind::kSkewed, Family::kS3), "RequestTimeTooSkewed");
  EXPECT_EQ(code(FailureKind::kTokenExpired, Family::kRestJson), "ExpiredTokenException");
  EXPECT_EQ(StatusOf(FailureKind::kMismatch, Family::kJson), 400);
  EXPECT_EQ(StatusOf(FailureKind::kMismatch, Family::kRestJson), 403);
  EXPECT_EQ(StatusOf(FailureKind::kMissing, Family::kEc2), 400);
}

TEST(VerifierMutationTest, ChangedRequestsNeverCrashAndNeverPass) {
  SeededRandom random(4566);
  for (int i = 0; i < 1500; ++i) {
    Sample s;
    const bool query = random.Next() % 2 == 0;
    if (query) {
      s.headers = {{"Host", "localhost:4566"}};
      Signer signer({"AKIATEST", "sesame", "t"}, "eu-west-1", "sts");
      s.query = signer.Presign(s.View(), kNow, 60);
    } else {
      s.Sign();
    }
    std::string& target = query ? s.query : s.Header("authorization");
    const std::string before = target;
    for (std::uint64_t n = 1 + random.Next() % 3; n > 0 && !target.empty(); --n) {
      const std::size_t at = random.Next() % target.size();
      switch (random.Next() % 3) {
        case 0: target[at] = static_cast<char>(random.Next()); break;
        case 1: target.insert(at, 1, "=&,;/%+ \0"[random.Next() % 9]); break;
        default: target.erase(at, 1 + random.Next() % 3); break;
      }
    }
    const bool same = query ? CanonicalQuery(before) == CanonicalQuery(target) : ReadClaim(s.View()).has_value();
    if (!Check(s)) {
      EXPECT_TRUE(same || ReplaceAll(target, " ", "") == ReplaceAll(before, " ", "")) << Printable(target);
    }
  }
}

}  // namespace
}  // namespace terrarium::sigv4
