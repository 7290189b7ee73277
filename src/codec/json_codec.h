#pragma once

#include <string>

#include "base/json_reader.h"
#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::codec {

// How JSON of a message looks.
enum class JsonForm : unsigned char {
  kAwsJson,    // awsJson 1.0 and 1.1: model names, times as seconds
  kRestJson,   // restJson1 bodies: locationName, members bound elsewhere left out
  kCanonical,  // our own face for tools: model names, times as RFC 3339, unknown members refused
};

void EncodeJson(const Tables& tables, std::uint16_t shape, const void* value, JsonForm form, std::string& out);

// `text` must outlive the message: strings are views into it. Unknown members are skipped as AWS skips them, but for kCanonical.
// kInvalid names the member that does not fit.
Status DecodeJson(const Tables& tables, std::uint16_t shape, void* value, std::string_view text, JsonForm form, Arena& arena);
// One value out of a larger document.
Status DecodeJson(const Tables& tables, std::uint16_t shape, void* value, JsonReader& in, JsonForm form, Arena& arena);

template <class T>
std::string ToJson(const T& message, JsonForm form = JsonForm::kCanonical) {
  std::string out;
  const Type type = TypeOf(&message);
  EncodeJson(*type.tables, type.shape, &message, form, out);
  return out;
}
template <class T>
Result<T*> FromJson(std::string_view text, Arena& arena, JsonForm form = JsonForm::kCanonical) {
  T* message = arena.New<T>();
  const Type type = TypeOf(message);
  TRY(DecodeJson(*type.tables, type.shape, message, text, form, arena));
  return message;
}

}  // namespace terrarium::codec
