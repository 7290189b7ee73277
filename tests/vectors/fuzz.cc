#include "fuzz.h"

#include <algorithm>
#include <random>
#include <string_view>

#include "api/protocol.h"
#include "aws/protocol.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // GCC's packages do not always bring its header
#endif

namespace terrarium::vectors {
namespace {

// What means something to one of the parsers.
constexpr std::string_view kTokens[] = {"{", "}", "[", "]", "\"", ":", ",", "null", "\\u0000", "\\ud800", "1e999", "-0", "NaN", "<", "</", "/>", "<![CDATA[", "&#0;", "&amp;", "<!DOCTYPE a [<!ENTITY b \"c\">]>",
                                        "%", "%00", "%zz", "+", "&", "=", ".", ".1", ".member.1", ".entry.1.key", ".9999.", "9223372036854775808", "\xF0\x9F", "\xFF", "?", "/", "\r\n", "1970-01-01T00:00:00Z"};

std::size_t Allocated() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return 0;
#endif
}

class Fuzzer {
 public:
  explicit Fuzzer(const std::vector<Case>& cases) : cases_(cases) {}

  FuzzCounts Run(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      const Case& one = cases_[Below(cases_.size())];
      const std::size_t before = Allocated();
      Arena arena;
      const bool read = one.values.Has("response") ? Answer(one, arena) : Request(one, arena);
      ++(read ? counts_.read : counts_.refused);
      counts_.most_memory = std::max(counts_.most_memory, Allocated() - std::min(before, Allocated()));
    }
    return counts_;
  }

 private:
  std::size_t Below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void Mutate(std::string& text) {
    for (std::size_t left = 1 + Below(4); left > 0; --left) {
      const std::size_t at = Below(text.size() + 1), size = Below(std::min<std::size_t>(text.size() - at, 40) + 1);
      switch (Below(7)) {
        case 0: text.insert(at, 1, static_cast<char>(random_())); break;
        case 1: text.insert(at, kTokens[Below(std::size(kTokens))]); break;
        case 2: text.erase(at, size); break;
        case 3: text.insert(at, text.substr(at, size)); break;
        case 4:
          if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
          break;
        case 5: text.insert(at, text, Below(text.size() + 1)); break;
        default: {  // the same again and again: depth, numbers of items, long names
          std::string many;
          for (std::size_t n = Below(2000); n > 0; --n) many += std::string_view(text).substr(at, size);
          text.insert(at, many);
        }
      }
    }
  }

  bool Request(const Case& one, Arena& arena) {
    const Json& sent = one.values.Has("malformed") ? one.values["malformed"] : one.values["serialized"];
    std::string uri = sent["uri"].string(), body = sent["body"].string(), header;
    const std::size_t which = Below(3);
    if (which == 0) Mutate(uri);
    if (which == 1 || body.size() > 20) Mutate(body);
    const std::size_t mark = uri.find('?');
    api::HttpRequest request;
    request.method = sent.Has("method") ? std::string_view(sent["method"].string()) : "POST";
    request.path = std::string_view(uri).substr(0, mark);
    if (mark != uri.npos) request.query = std::string_view(uri).substr(mark + 1);
    const auto& headers = sent["headers"].object();
    const std::size_t bent = Below(headers.size());
    for (std::size_t i = 0; i < headers.size(); ++i) {
      if (which == 2 && i == bent) Mutate(header = headers[i].second.string());
      request.headers.emplace_back(headers[i].first, which == 2 && i == bent ? std::string_view(header) : headers[i].second.string());
    }
    const codec::Operation* operation = one.service->Find(api::OperationName(*one.service, request));
    if (operation == nullptr) operation = one.operation;
    void* message = Zero(one, operation->input, arena);
    if (!api::DecodeRequest(*one.service, *operation, request, message, arena)) return false;
    (void)aws::EncodeCall(*one.service, *operation, message);
    return true;
  }

  bool Answer(const Case& one, Arena& arena) {
    const Json& given = one.values["response"];
    runtime::HttpAnswer answer;
    answer.status = Below(8) == 0 ? 400 : static_cast<int>(given["status_code"].integer());
    answer.body = given["body"].string();
    for (const auto& [name, value] : given["headers"].object()) answer.headers.emplace_back(name, value.string());
    if (answer.headers.empty() || answer.body.size() > 4) Mutate(answer.body);
    else Mutate(answer.headers[Below(answer.headers.size())].second);
    void* message = Zero(one, one.operation->output, arena);
    if (!aws::DecodeAnswer(*one.service, *one.operation, answer, message, arena)) return false;
    (void)api::EncodeResponse(*one.service, *one.operation, message, "id");
    return true;
  }

  static void* Zero(const Case& one, std::uint16_t shape, Arena& arena) { return arena.Zero(shape == codec::kNoShape ? 1 : one.service->tables->shapes[shape].size); }

  const std::vector<Case>& cases_;
  std::mt19937_64 random_{20261125};
  FuzzCounts counts_;
};

}  // namespace

FuzzCounts Fuzz(const std::vector<Case>& cases, int rounds) { return Fuzzer(cases).Run(rounds); }

}  // namespace terrarium::vectors
