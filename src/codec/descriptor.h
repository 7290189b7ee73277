#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.h"

// What the generator emits for a model, and all that the codecs know of it: tables of shapes and members. Structs carry no code.
namespace terrarium::codec {

inline constexpr std::uint16_t kNoShape = 0xFFFF;
inline constexpr std::int64_t kNoMinimum = INT64_MIN;
inline constexpr std::int64_t kNoMaximum = INT64_MAX;

enum class Kind : std::uint8_t { kStructure, kList, kMap, kString, kBlob, kBoolean, kInteger, kLong, kDouble, kTimestamp };
enum class Location : std::uint8_t { kBody, kHeader, kHeaders, kQueryString, kUri, kStatusCode };
enum class TimeFormat : std::uint8_t { kDefault, kIso8601, kUnix, kHttpDate };
enum class Protocol : std::uint8_t { kAwsQuery, kEc2Query, kAwsJson, kRestJson, kRestXml };

enum Flags : std::uint8_t {
  kRequired = 1,
  kFlattened = 2,
  kPayload = 4,
  kAttribute = 8,
  kIdempotencyToken = 16,
  kSensitive = 32,
  kUnion = 64,
};

// A piece of the model's name pool.
struct Text {
  std::uint32_t at;
  std::uint16_t size;
};

struct Member {
  Text name;   // in the model; the key in JSON and what user and errors see
  Text wire;   // XML element, REST key or header
  Text query;  // key in query strings
  std::uint16_t shape;
  std::uint16_t offset;
  std::uint16_t number;  // field number of a persisted row
  std::uint8_t flags;
  Location location;
  TimeFormat time;
};

struct Shape {
  Kind kind;
  std::uint8_t flags;
  std::uint16_t element;  // of a list: its items; of a map: its values
  std::uint16_t count;    // of a structure: members; of an enumerated string: values
  std::uint32_t first;    // index of the first of those
  std::uint32_t size;     // bytes of a structure, of a list item, of a map entry
  Text name;
  Text item;   // XML name of a list item, of a map key
  Text value;  // XML name of a map value
  std::int64_t minimum;
  std::int64_t maximum;
};

struct Tables {
  const Shape* shapes;
  const Member* members;
  const Text* enums;
  const char* pool;
  std::uint16_t shape_count;

  std::string_view operator[](Text t) const { return {pool + t.at, t.size}; }
};

// A message type: which shape of which tables. `TypeOf(static_cast<T*>(nullptr))` finds it for a generated struct.
struct Type {
  const Tables* tables;
  std::uint16_t shape;
};

struct Operation {
  Text name;
  std::uint16_t input;
  std::uint16_t output;
  Text method;
  Text uri;
  Text wrapper;  // awsQuery: the element around the result
  std::uint16_t status;
};

struct ErrorShape {
  Text name;
  Text code;  // on the wire
  std::uint16_t status;
  bool sender;
};

struct Service {
  const Tables* tables;
  std::string_view name;          // our name: the file in codegen/models
  std::string_view signing_name;  // in a credential scope
  std::string_view api_version;
  std::string_view target_prefix;
  std::string_view json_version;
  std::string_view xml_namespace;
  std::string_view service_id;
  Protocol protocol;
  const Operation* operations;
  std::uint16_t operation_count;
  const ErrorShape* errors;
  std::uint16_t error_count;
  const Text* unserved;  // names of the operations that are known and not implemented
  std::uint16_t unserved_count;

  const Operation* Find(std::string_view operation) const;
  bool IsUnserved(std::string_view operation) const;
  const ErrorShape* FindError(std::string_view code) const;
};

// The request or answer of an operation that has none.
struct Empty {};
inline Type TypeOf(const Empty*) { return {nullptr, kNoShape}; }

template <class T>
Type TypeOf() {
  return TypeOf(static_cast<const T*>(nullptr));
}

// How lists and maps of any element look in memory; the same layout as List<T>.
struct RawList {
  char* items;
  std::uint32_t count;
  std::uint32_t capacity;
};
static_assert(sizeof(RawList) == sizeof(List<int>));
inline constexpr std::size_t kMapValueOffset = sizeof(Str);

// The address of a member's value if the member is present, else null. For a structure, list or map that is the thing itself.
const void* Present(const Tables& tables, const Member& member, const void* structure);
// Makes the member present and gives the address of its value.
void* Emplace(const Tables& tables, const Member& member, void* structure, Arena& arena);
// Adds a zeroed item of `size` bytes.
void* AddItem(Arena& arena, RawList& list, std::size_t size);
// An empty list or map that is present.
void MakePresent(Arena& arena, RawList& list);

}  // namespace terrarium::codec
