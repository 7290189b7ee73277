#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/database/option.h"

namespace terrarium::mysql {

using database::OptionName;
using database::OptionValue;

// The [mysqld] group of an option file. Later options of the same name win, as in the server.
class MyCnf {
 public:
  // For names and values that are written in this program; a bad one is a bug.
  void Set(std::string_view name, std::string_view value);
  void Set(OptionName name, OptionValue value) { options_.emplace_back(std::move(name), std::move(value)); }
  std::string Render() const;

 private:
  std::vector<std::pair<OptionName, OptionValue>> options_;
};

}  // namespace terrarium::mysql
