// The two public signing suites, run as a server and as a client: tests/vectors.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "sigv4/signer.h"
#include "sigv4/verifier.h"

namespace terrarium::sigv4 {
namespace {

const std::string kData = std::string(TERRARIUM_SOURCE_DIR) + "/tests/vectors";
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

// A request file: what a client would send, with LF for line ends. Views into `text`.
struct Message {
  std::string text;
  std::vector<HeaderView> headers;
  Request request;
  bool folded = false;  // a header goes on in the next line, which HTTP no longer allows
};

std::unique_ptr<Message> ReadMessage(const std::string& path) {
  auto content = ReadFile(path);
  if (!content) return nullptr;
  auto m = std::make_unique<Message>();
  m->text = ReplaceAll(*content, "\r\n", "\n");
  std::string_view rest = m->text;
  const auto line = [&] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view l = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return l;
  };
  const std::string_view first = line();
  const std::size_t method_end = first.find(' ');
  std::size_t target_end = first.rfind(" HTTP/");
  if (target_end == std::string_view::npos) target_end = first.rfind(" http/");
  m->request.method = first.substr(0, method_end);
  const std::string_view target = first.substr(method_end + 1, target_end - method_end - 1);
  const std::size_t question = target.find('?');
  m->request.path = target.substr(0, question);
  m->request.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view l = line();
    if (l.empty()) break;
    if (l.front() == ' ' || l.front() == '\t') {
      m->folded = true;
      continue;
    }
    const std::size_t colon = l.find(':');
    m->headers.emplace_back(l.substr(0, colon), l.substr(colon + 1));
  }
  m->request.body = rest;
  m->request.headers = m->headers;
  return m;
}

std::string Field(const std::string& json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\":");
  if (at == std::string::npos) return {};
  std::string_view value = Trim(std::string_view(json).substr(at + name.size() + 3, json.find('\n', at) - at - name.size() - 3));
  if (value.ends_with(',')) value.remove_suffix(1);
  if (value.size() > 1 && value.front() == '"') value = value.substr(1, value.size() - 2);
  return std::string(value);
}

// Everything a server does, up to the signature.
Outcome<void> Serve(const Message& m, UnixMillis now) {
  Verifier verifier;
  const auto claim = ReadClaim(m.request);
  if (!claim) return std::unexpected(claim.error());
  if (auto ok = CheckTime(*claim, now); !ok) return ok;
  if (auto ok = CheckScope(*claim, "service", "us-east-1"); !ok) return ok;
  return verifier.Verify(m.request, *claim, kSecret);
}

struct Counts {
  int verified = 0, signed_ = 0, canonical = 0, folded = 0, other = 0;
};

TEST(SigningVectorsTest, AwsCAuthHeaderForm) {
  const auto cases = ListDirectory(kData + "/aws-c-auth-sigv4/v4");
  ASSERT_TRUE(cases && !cases->empty());
  Counts n;
  for (const std::string& name : *cases) {
    SCOPED_TRACE(name);
    const std::string folder = kData + "/aws-c-auth-sigv4/v4/" + name + "/";
    const std::string context = ReadFile(folder + "context.json").value();
    const UnixMillis now = ParseIso8601(Field(context, "timestamp")).value();
    const auto m = ReadMessage(folder + "header-signed-request.txt");
    const auto unsigned_request = ReadMessage(folder + "request.txt");
    const std::string canonical = ReadFile(folder + "header-canonical-request.txt").value();
    if (m->folded) {
      ++n.folded;
      continue;
    }
    if (Field(context, "normalize") == "false") {
      // The suite's service is not S3, whose path rule this is: what can be compared is the path.
      EXPECT_EQ(CanonicalPath(m->request.path, PathRule::kVerbatim), Split(canonical, '\n')[1]);
      ++n.canonical;
      continue;
    }
    const auto served = Serve(*m, now);
    EXPECT_TRUE(served) << served.error().message;
    ++n.verified;
    EXPECT_FALSE(Serve(*m, now + 16 * 60 * 1000)) << "a stale request must not pass";

    const bool omit = Field(context, "omit_session_token") == "true";
    Signer signer({Field(context, "access_key_id"), Field(context, "secret_access_key"), omit ? std::string() : Field(context, "token")}, "us-east-1", "service");
    std::vector<HeaderView> headers = unsigned_request->headers;
    if (Field(context, "sign_body") == "true") {
      // Their signer adds the hash header for any service where asked to; ours does so for S3 only.
      for (const auto& h : m->headers) {
        if (EqualsIgnoreCase(h.first, "x-amz-content-sha256")) headers.push_back(h);
      }
    }
    Request request = unsigned_request->request;
    request.headers = headers;
    const auto added = signer.Sign(request, now);
    EXPECT_EQ(added.back().second, CanonicalHeader(m->headers, "authorization").value());
    ++n.signed_;
  }
  std::printf("aws-c-auth, header form: %d verified, %d signed alike, %d paths only (S3 rule), %d skipped (folded header, refused by the HTTP parser)\n", n.verified, n.signed_, n.canonical, n.folded);
  EXPECT_EQ(n.verified + n.canonical + n.folded, 38);
  EXPECT_GE(n.verified, 29);
}

TEST(SigningVectorsTest, AwsCAuthQueryForm) {
  const auto cases = ListDirectory(kData + "/aws-c-auth-sigv4/v4");
  ASSERT_TRUE(cases && !cases->empty());
  Counts n;
  for (const std::string& name : *cases) {
    SCOPED_TRACE(name);
    const std::string folder = kData + "/aws-c-auth-sigv4/v4/" + name + "/";
    const std::string context = ReadFile(folder + "context.json").value();
    const UnixMillis now = ParseIso8601(Field(context, "timestamp")).value();
    const auto m = ReadMessage(folder + "query-signed-request.txt");
    const auto unsigned_request = ReadMessage(folder + "request.txt");
    if (m->folded || unsigned_request->folded) {
      ++n.folded;
      continue;
    }
    if (Field(context, "normalize") == "false") {
      ++n.canonical;
      continue;
    }
    if (Field(context, "omit_session_token") == "true") {
      ++n.other;  // the token is added to the URL after signing, which no server can tell from a changed URL
      continue;
    }
    const auto served = Serve(*m, now);
    EXPECT_TRUE(served) << served.error().message;
    ++n.verified;
    EXPECT_TRUE(Serve(*m, now + 3'600'000));
    EXPECT_EQ(Serve(*m, now + 3'600'001).error().kind, FailureKind::kUrlExpired);

    Signer signer({Field(context, "access_key_id"), Field(context, "secret_access_key"), Field(context, "token")}, "us-east-1", "service");
    const std::string query = signer.Presign(unsigned_request->request, now, 3600);
    EXPECT_TRUE(query.ends_with("X-Amz-Signature=" + std::string(Trim(ReadFile(folder + "query-signature.txt").value())))) << query;
    ++n.signed_;
  }
  std::printf("aws-c-auth, query form: %d verified, %d signed alike, skipped: %d unnormalised, %d folded, %d token added after signing\n", n.verified, n.signed_, n.canonical, n.folded, n.other);
  EXPECT_EQ(n.verified + n.canonical + n.folded + n.other, 38);
}

std::vector<std::string> CasesUnder(const std::string& folder) {
  std::vector<std::string> found;
  for (const std::string& name : ListDirectory(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (ReadFile(path + "/" + name + ".req")) found.push_back(path + "/" + name);
    for (const std::string& inner : ListDirectory(path).value_or(std::vector<std::string>())) {
      if (ReadFile(path + "/" + inner + "/" + inner + ".req")) found.push_back(path + "/" + inner + "/" + inner);
    }
  }
  return found;
}

TEST(SigningVectorsTest, Botocore) {
  const auto cases = CasesUnder(kData + "/botocore-sigv4");
  ASSERT_FALSE(cases.empty());
  const UnixMillis now = ParseIso8601("2015-08-30T12:36:00Z").value();
  Counts n;
  for (const std::string& path : cases) {
    SCOPED_TRACE(path);
    const auto m = ReadMessage(path + ".sreq");
    if (m->folded) {
      ++n.folded;
      continue;
    }
    // The .authz files are the suite's answers; one .sreq (get-vanilla-with-session-token) carries another signature by mistake.
    const std::string authorization(Trim(ReadFile(path + ".authz").value()));
    for (HeaderView& h : m->headers) {
      if (EqualsIgnoreCase(h.first, "authorization")) h.second = authorization;
    }
    const auto served = Serve(*m, now);
    EXPECT_TRUE(served) << served.error().message;
    ++n.verified;

    const auto unsigned_request = ReadMessage(path + ".req");
    // One case adds the token after signing: only where it is signed is it the signer's.
    const std::string token = authorization.find("x-amz-security-token") == std::string::npos ? "" : CanonicalHeader(m->headers, "x-amz-security-token").value();
    std::vector<HeaderView> headers;
    for (const HeaderView& h : unsigned_request->headers) {
      if (!EqualsIgnoreCase(h.first, "x-amz-date") && !EqualsIgnoreCase(h.first, "x-amz-security-token")) headers.push_back(h);
    }
    Request request = unsigned_request->request;
    request.headers = headers;
    Signer signer({"AKIDEXAMPLE", std::string(kSecret), token}, "us-east-1", "service");
    EXPECT_EQ(signer.Sign(request, now).back().second, authorization);
    ++n.signed_;
  }
  std::printf("botocore: %d verified, %d signed alike, %d skipped (folded header)\n", n.verified, n.signed_, n.folded);
  EXPECT_EQ(n.verified + n.folded, 34);
}

}  // namespace
}  // namespace terrarium::sigv4
