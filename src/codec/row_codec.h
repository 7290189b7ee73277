#pragma once

#include <string>

#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::codec {

// Rows and verbs: a field-numbered binary form that old and new programs both read. A field is its number, one byte of wire type and the
// value; unknown numbers are skipped, absent ones stay absent. Integers are little-endian or varint; nothing depends on member order or name.
void EncodeRow(const Tables& tables, std::uint16_t shape, const void* structure, std::string& out);

// Strings are views into `bytes`, which must outlive the message. kInvalid if the bytes are not such a row: every length is checked, depth is at most 32.
Status DecodeRow(const Tables& tables, std::uint16_t shape, void* structure, std::string_view bytes, Arena& arena);

template <class T>
std::string ToRow(const T& message) {
  std::string out;
  const Type type = TypeOf(&message);
  EncodeRow(*type.tables, type.shape, &message, out);
  return out;
}
// Copies `bytes` into the arena first, so that the message stands alone.
template <class T>
Result<T*> FromRow(std::string_view bytes, Arena& arena) {
  T* message = arena.New<T>();
  const Type type = TypeOf(message);
  TRY(DecodeRow(*type.tables, type.shape, message, arena.Copy(bytes), arena));
  return message;
}

}  // namespace terrarium::codec
