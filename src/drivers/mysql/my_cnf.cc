#include "drivers/mysql/my_cnf.h"

#include "base/check.h"

namespace terrarium::mysql {

void MyCnf::Set(std::string_view name, std::string_view value) {
  auto option = OptionName::From(name);
  auto escaped = OptionValue::From(value);
  TERRARIUM_CHECK(option && escaped);
  Set(*std::move(option), *std::move(escaped));
}

std::string MyCnf::Render() const {
  std::string out = "[mysqld]\n";
  for (const auto& [name, value] : options_) out += name.text() + "=" + value.Escaped() + "\n";
  return out;
}

}  // namespace terrarium::mysql
