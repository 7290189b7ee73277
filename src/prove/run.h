#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "prove/claim.h"
#include "prove/report.h"

namespace terrarium::prove {

struct RunOptions {
  std::vector<std::string> names{};  // all claims where empty; a name that is unknown is an error
  bool disposable = false;           // claims that destroy the stack may run
  std::string version{};
  std::uint64_t seed = 0;
};

// Runs the claims one after the other; `done` sees each row as soon as it is there.
Result<Report> Run(Context& context, const RunOptions& options, const std::function<void(const Row&)>& done);

}  // namespace terrarium::prove
