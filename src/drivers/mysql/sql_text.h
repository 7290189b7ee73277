#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace terrarium::mysql {

// Statements that the administrator's client reads on its standard input. Values enter through Literal and names through Identifier, which
// decide the quoting; text that is written in this program enters as it is. Holds secrets: never log it.
class Sql {
 public:
  // The text starts with statements that fix how literals are read, whatever the server's own sql_mode is.
  Sql();
  Sql& Text(const char* fixed);
  Sql& Literal(std::string_view value);     // any bytes
  Sql& Identifier(std::string_view name);   // any name without a zero byte
  Sql& Parameter(std::string_view value);   // as SET GLOBAL takes it
  Sql& End();                               // of a statement
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// 'value' with everything escaped that ends a literal or a line.
std::string SqlLiteral(std::string_view value);
// `name`, for names of databases, users' columns and variables.
std::string SqlIdentifier(std::string_view name);

// A value as SET GLOBAL takes it: numbers (also 16M, as in option files) bare, everything else as a literal.
std::string SqlParameterValue(std::string_view value);

// What mysql --batch prints for one value, read back: \t \n \\ \0 are escaped there.
std::string UnescapeBatch(std::string_view field);
// Rows of --batch --skip-column-names output.
std::vector<std::vector<std::string>> BatchRows(std::string_view output);

}  // namespace terrarium::mysql
