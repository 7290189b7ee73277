// libFuzzer target: a request line and headers of any bytes through the signature's reading and checking. Without the secret none may pass.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "sigv4/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace terrarium::sigv4;  // NOLINT: one function
  // First line: path?query. Then "name:value" lines, an empty one, the body.
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::size_t body_at = rest.find("\n\n");
  const std::string_view body = body_at == std::string_view::npos ? std::string_view() : rest.substr(body_at + 2);
  std::vector<HeaderView> headers;
  std::string_view target;
  bool first = true;
  for (std::string_view line : terrarium::Split(rest.substr(0, body_at), '\n')) {
    if (first) {
      target = line;
      first = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  const std::size_t question = target.find('?');
  Request request;
  request.method = "POST";
  request.path = target.substr(0, question);
  request.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  request.headers = headers;
  request.body = body;
  const auto claim = ReadClaim(request);
  if (!claim) return 0;
  (void)CheckTime(*claim, claim->signed_at);
  (void)CheckScope(*claim, claim->service);
  static Verifier verifier(64);
  if (verifier.Verify(request, *claim, "a secret that the fuzzer does not know")) std::abort();
  return 0;
}
