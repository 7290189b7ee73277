// Made by codegen/generate.py; not to be edited.
#pragma once

#include <cstdint>
#include <optional>

#include "base/arena.h"
#include "codec/descriptor.h"

namespace terrarium::gen::sample {

struct Tag;
struct Child;
struct Sample;
struct Older;

struct Tag {
  Str key{};
  Str value{};
};

struct Child {
  Str name{};
  List<Child> children{};
};

struct Sample {
  Str name{};
  Str blob_value{};
  std::optional<bool> flag{};
  std::optional<std::int32_t> small{};
  std::optional<std::int64_t> big{};
  std::optional<double> ratio{};
  std::optional<std::int64_t> at{};
  List<Tag> tags{};
  List<Str> names{};
  Map<std::int32_t> counts{};
  Child* child{};
  List<List<Str>> nested{};
  Map<Tag> by_name{};
};

struct Older {
  Str name{};
  std::optional<std::int32_t> small{};
};

extern const codec::Tables kTables;
inline constexpr std::uint16_t kTagShape = 0;
inline constexpr std::uint16_t kChildShape = 2;
inline constexpr std::uint16_t kSampleShape = 4;
inline constexpr std::uint16_t kOlderShape = 16;
inline codec::Type TypeOf(const Tag*) { return {&kTables, kTagShape}; }
inline codec::Type TypeOf(const Child*) { return {&kTables, kChildShape}; }
inline codec::Type TypeOf(const Sample*) { return {&kTables, kSampleShape}; }
inline codec::Type TypeOf(const Older*) { return {&kTables, kOlderShape}; }

}  // namespace terrarium::gen::sample
