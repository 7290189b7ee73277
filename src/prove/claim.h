#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "prove/stack.h"

namespace terrarium::prove {

enum class Verdict : unsigned char {
  kProved,
  kRefuted,  // the experiment ran, and the promise does not hold
  kFailed,   // the experiment could not be carried out: nothing is known
  kNotRun,   // not asked for, or this machine or stack lacks what it needs
};

struct Finding {
  Verdict verdict = Verdict::kFailed;
  std::string experiment{};             // what was done, with its sizes: "48 forbidden, 30 allowed connects"
  std::string measured{};               // what came out
  std::string limit{};                  // what it may be at most
  std::vector<std::string> evidence{};  // lines that show why, the most telling first
  Json values{Json::Object{}};          // the measured values, for programs
};

// What an experiment has: the stack, chance from the seed, and how it waits.
struct Context {
  Stack& stack;
  Random& random;
  const Clock& clock;
  double rate = 500;                                   // requests a second of the load, at most: see BearableRate
  double bearable = 0;                                 // what was found out so far
  Millis freeze{60'000};                               // how long the daemons are stopped
  std::function<void(std::string_view)> progress;      // one line of what happens now
  std::function<void(Millis)> sleep;                   // returns early when interrupted
  std::function<bool()> interrupted;
  // The same API as somebody else: access key, secret, session token (empty for a user's key).
  std::function<Result<ApiCall>(const std::string&, const std::string&, const std::string&)> as;
};

struct Claim {
  std::string_view name;
  std::string_view promise;     // one sentence
  bool disposable = false;      // it destroys the stack: only with --disposable
  // An error is an experiment that could not be carried out. Whatever happens, the stack is left as it was found (but for `disposable`).
  Result<Finding> (*run)(Context&) = nullptr;
};

// Every claim, in the order in which they are run: those that disturb more come later.
std::span<const Claim> Claims();

}  // namespace terrarium::prove
