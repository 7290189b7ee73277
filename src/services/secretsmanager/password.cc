#include "services/secretsmanager/password.h"

#include <vector>

namespace terrarium::secretsmanager {

Result<std::string> MakePassword(Random& random, const PasswordRules& rules) {
  std::vector<std::string> types;
  std::string all;
  const auto add = [&](bool included, std::string_view type) {
    std::string left;
    for (char c : type)
      if (included && rules.exclude.find(c) == std::string::npos) left += c;
    all += left;
    if (!left.empty()) types.push_back(std::move(left));
  };
  add(rules.lowercase, "abcdefghijklmnopqrstuvwxyz");
  add(rules.uppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  add(rules.numbers, "0123456789");
  add(rules.punctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
  add(rules.space, " ");
  if (all.empty()) return ApiError("InvalidParameterException", "There are no characters left to make a password of.");
  if (rules.each_type && rules.length < types.size())
    return ApiError("InvalidParameterException", "Password length is too short based on the required types.");
  // Drawn whole and drawn again until every type is there: no place of a type is likelier than another.
  for (;;) {
    std::string password = RandomFrom(random, all, rules.length);
    bool complete = true;
    for (const std::string& type : types) complete = complete && (!rules.each_type || password.find_first_of(type) != std::string::npos);
    if (complete) return password;
  }
}

}  // namespace terrarium::secretsmanager
