// Drives a libFuzzer target where libFuzzer is not: a fixed number of seeded mutations of its corpus, so that each test run exercises it.
// usage: <target> CORPUS-FOLDER RUNS SEED

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using terrarium::SeededRandom;

void Mutate(std::string& text, const std::string& other, SeededRandom& random) {
  for (std::uint64_t n = 1 + random.Next() % 5; n > 0; --n) {
    const std::size_t at = text.empty() ? 0 : random.Next() % text.size();
    switch (random.Next() % 6) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random.Next());
        break;
      case 1: text.insert(at, 1, "\r\n :;,=&%/+\0\x7f\xff"[random.Next() % 14]); break;
      case 2: text.erase(at, 1 + random.Next() % 8); break;
      case 3: text.insert(at, other.substr(other.empty() ? 0 : random.Next() % other.size(), random.Next() % 40)); break;
      case 4: text.insert(at, text.substr(random.Next() % (text.size() + 1), random.Next() % 40)); break;
      default: text.resize(at); break;
    }
  }
}

void Run(const std::string& text) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::vector<std::string> corpus;
  for (const std::string& name : terrarium::ListDirectory(argv[1]).value_or(std::vector<std::string>())) corpus.push_back(terrarium::ReadFile(std::string(argv[1]) + "/" + name).value());
  const auto runs = terrarium::ParseInt(argv[2]);
  const auto seed = terrarium::ParseInt(argv[3]);
  if (corpus.empty() || !runs || !seed) return 2;
  for (const std::string& text : corpus) Run(text);
  SeededRandom random(static_cast<std::uint64_t>(*seed));
  for (std::int64_t i = 0; i < *runs; ++i) {
    std::string text = corpus[random.Next() % corpus.size()];
    Mutate(text, corpus[random.Next() % corpus.size()], random);
    Run(text);
  }
  std::printf("%lld mutations of %zu samples, seed %lld\n", static_cast<long long>(*runs), corpus.size(), static_cast<long long>(*seed));
  return 0;
}
