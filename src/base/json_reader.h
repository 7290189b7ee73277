#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace terrarium {

// Pull parser of RFC 8259 text. No allocation but for strings that hold escapes, which go to the arena; other strings are views into the input.
// Strict: UTF-8 is checked, duplicate separators, trailing commas and bare control bytes are errors, depth is at most 64.
// After the first error every call returns false and `ok()` is false.
class JsonReader {
 public:
  JsonReader(std::string_view text, Arena& arena) : p_(text.data()), begin_(text.data()), end_(text.data() + text.size()), arena_(arena) {}

  enum class Type : unsigned char { kObject, kArray, kString, kNumber, kBool, kNull, kEnd };
  Type Peek();

  bool EnterObject();                      // then NextKey until it returns false
  bool NextKey(std::string_view& key);
  bool EnterArray();                       // then NextItem until it returns false
  bool NextItem();
  bool String(std::string_view& out);
  bool Bool(bool& out);
  bool Integer(std::int64_t& out);         // fractions and exponents are accepted when the value is whole
  bool Double(double& out);
  bool Number(std::string_view& out);      // the text of the number
  bool Null();                             // consumes null if it is next
  bool Skip();                             // one value of any type
  bool Finish();                           // only blanks remain
  bool Fail();

  bool ok() const { return ok_; }
  std::size_t offset() const { return static_cast<std::size_t>(p_ - begin_); }

 private:
  void Blanks();
  bool Enter(char open);
  bool Next(char close);
  bool Escape(std::string& out);

  const char* p_;
  const char* begin_;
  const char* end_;
  Arena& arena_;
  int depth_ = 0;
  bool fresh_ = false;
  bool ok_ = true;
};

}  // namespace terrarium
