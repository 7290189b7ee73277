#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace terrarium {

// A JSON document that is kept whole: policy documents, container definitions in tests, Docker configs. API messages do not pass through this.
// Objects keep the order of their keys; a repeated key is a parse error.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  Json(std::nullptr_t) {}                                                // NOLINT: implicit by design
  Json(bool v) : value_(v) {}                                            // NOLINT
  Json(int v) : value_(static_cast<std::int64_t>(v)) {}                  // NOLINT
  Json(std::int64_t v) : value_(v) {}                                    // NOLINT
  Json(double v) : value_(v) {}                                          // NOLINT
  Json(const char* v) : value_(std::string(v)) {}                        // NOLINT
  Json(std::string_view v) : value_(std::string(v)) {}                   // NOLINT
  Json(std::string v) : value_(std::move(v)) {}                          // NOLINT
  Json(Array v) : value_(std::move(v)) {}                                // NOLINT
  Json(Object v) : value_(std::move(v)) {}                               // NOLINT

  // kInvalid with the offset of the first offence.
  static Result<Json> Parse(std::string_view text);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }

  // The value of that type, or an empty one where it is of another.
  const std::string& string() const;
  const Array& array() const;
  const Object& object() const;
  bool boolean() const { return is_bool() && std::get<bool>(value_); }
  std::int64_t integer() const;
  double number() const;

  // The member of that name; null where absent or not an object.
  const Json& operator[](std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  const Json* Find(std::string_view key) const;

  Json& Set(std::string_view key, Json value);  // makes this an object; replaces
  void Remove(std::string_view key);
  Json& Append(Json value);  // makes this an array

  std::string Write() const;                   // compact, keys in their order
  std::string WriteIndented(int indent = 2) const;
  // Keys sorted at every level: equal documents have equal text.
  std::string WriteCanonical() const;

  friend bool operator==(const Json& a, const Json& b) { return a.value_ == b.value_; }

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

void AppendJsonString(std::string& out, std::string_view s);
// Shortest text that reads back the same; whole numbers without a fraction.
void AppendJsonNumber(std::string& out, double v);

}  // namespace terrarium
