#include "drivers/mysql/sql_text.h"

#include "base/text.h"
#include "host/database/parameters.h"

namespace terrarium::mysql {

std::string SqlLiteral(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    switch (c) {
      case '\0': out += "\\0"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\x1a': out += "\\Z"; break;
      case '\\': out += "\\\\"; break;
      case '\'': out += "\\'"; break;
      case '"': out += "\\\""; break;
      default: out += c;
    }
  }
  return out += '\'';
}

std::string SqlIdentifier(std::string_view name) { return "`" + ReplaceAll(name, "`", "``") + "`"; }

std::string SqlParameterValue(std::string_view value) {
  if (const auto expanded = database::ExpandSuffix(value)) return *expanded;
  return database::IsDecimal(value) ? std::string(value) : SqlLiteral(value);
}

Sql::Sql() : text_("SET SESSION sql_mode='';\nSET NAMES utf8mb4;\n") {}

Sql& Sql::Text(const char* fixed) {
  text_ += fixed;
  return *this;
}

Sql& Sql::Literal(std::string_view value) {
  text_ += SqlLiteral(value);
  return *this;
}

Sql& Sql::Identifier(std::string_view name) {
  text_ += SqlIdentifier(name);
  return *this;
}

Sql& Sql::Parameter(std::string_view value) {
  text_ += SqlParameterValue(value);
  return *this;
}

Sql& Sql::End() {
  text_ += ";\n";
  return *this;
}

std::string UnescapeBatch(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    switch (field[++i]) {
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      case '0': out += '\0'; break;
      default: out += field[i];
    }
  }
  return out;
}

std::vector<std::vector<std::string>> BatchRows(std::string_view output) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : Split(output, '\n')) {
    if (line.empty()) continue;
    auto& row = rows.emplace_back();
    for (const std::string_view field : Split(line, '\t')) row.push_back(UnescapeBatch(field));
  }
  return rows;
}

}  // namespace terrarium::mysql
