#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace terrarium::database {

// The name of a server option: lower-case letters, digits and underscores. Nothing else can become one.
class OptionName {
 public:
  static Result<OptionName> From(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const OptionName&, const OptionName&) = default;

 private:
  explicit OptionName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The value of an option: printable characters of one line, at most kMaxLength bytes, since the server cuts a longer line in two and
// reads the rest as an option of its own.
class OptionValue {
 public:
  static constexpr std::size_t kMaxLength = 1500;
  static Result<OptionValue> From(std::string_view text);
  const std::string& text() const { return text_; }
  // In double quotes, with the two characters escaped that mean something there.
  std::string Escaped() const;
  friend bool operator==(const OptionValue&, const OptionValue&) = default;

 private:
  explicit OptionValue(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace terrarium::database
