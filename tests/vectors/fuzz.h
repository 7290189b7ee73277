#pragma once

#include "suites.h"

namespace terrarium::vectors {

struct FuzzCounts {
  int read = 0;
  int refused = 0;
  std::size_t most_memory = 0;  // bytes held after one reading; 0 without AddressSanitizer
};

// Bends requests and answers of the cases, the same way in every run, reads them and writes again what was read. What it looks for is what the
// sanitizers see, a hang, and memory.
FuzzCounts Fuzz(const std::vector<Case>& cases, int rounds);

}  // namespace terrarium::vectors
