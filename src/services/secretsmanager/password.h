#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"

namespace terrarium::secretsmanager {

// GetRandomPassword's parameters, with its defaults.
struct PasswordRules {
  std::size_t length = 32;
  std::string exclude;
  bool numbers = true, punctuation = true, uppercase = true, lowercase = true;
  bool space = false;
  bool each_type = true;  // at least one of each included type
};
// InvalidParameterException where nothing is left to draw from, or the length cannot hold one of each type.
Result<std::string> MakePassword(Random& random, const PasswordRules& rules);

}  // namespace terrarium::secretsmanager
