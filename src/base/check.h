#pragma once

#include <stdexcept>
#include <string>

namespace terrarium {

// A broken invariant. Caught only at the three boundaries: request dispatcher, reconciler runner, main.
class BugError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void Bug(const char* condition, const char* file, int line) {
  throw BugError(std::string("broken invariant: ") + condition + " at " + file + ":" + std::to_string(line));
}

}  // namespace terrarium

#define TERRARIUM_CHECK(condition) \
  if (!(condition)) [[unlikely]] ::terrarium::Bug(#condition, __FILE__, __LINE__)
