// Schemas of resource types: attributes and blocks with their flags, and the API members behind them.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "provider/schema/type.h"
#include "provider/value/value.h"

namespace terrarium::provider {

enum class Use : unsigned {
  kRequired = 1,
  kOptional = 2,
  kComputed = 4,
  kForceNew = 8,      // a change replaces the object
  kSensitive = 16,
  kVolatile = 32,     // computed anew by every update
  kDeprecated = 64,
  kKeepMissing = 128,  // a block the cloud fills in: absent from the configuration means "leave it"
  kWriteOnly = 256,    // never in plan or state; create and update find it in the configuration
  kRefused = 512,      // in the official schema, not done here: refused by name when it is set
};
constexpr Use operator|(Use a, Use b) { return Use(unsigned(a) | unsigned(b)); }
constexpr bool Has(Use set, Use one) { return (unsigned(set) & unsigned(one)) != 0; }

// A complaint, or nothing. Called with known, non-null values only.
using Check = std::function<std::optional<std::string>(const Value&)>;
// True when the two known values mean the same to the cloud.
using Same = bool (*)(const Value& prior, const Value& config);

struct Attribute {
  std::string_view name;
  Type type = kString;
  Use use = Use::kOptional;
  Value preset{};             // the official default
  std::string_view request{};  // member that it becomes in a request; dots lead into structures
  std::string_view answer{};   // member of the answer that it is read from
  Same same = nullptr;
  Check check = nullptr;
  std::vector<std::string_view> conflicts{};  // arguments that exclude this one
  std::vector<std::string_view> follows{};    // computed anew when one of these changes
};

enum class Nesting : unsigned char { kSingle = 1, kList = 2, kSet = 3 };  // numbers of the protocol

struct Block;

struct Body {
  std::vector<Attribute> attributes{};
  std::vector<Block> blocks{};
};

struct Block {
  std::string_view name;
  Nesting nesting = Nesting::kList;
  Use use = Use::kOptional;
  int min_items = 0;
  int max_items = 0;  // 0: no limit
  std::string_view request{};
  std::string_view answer{};
  Body body{};
};

struct Schema {
  int version = 0;  // must equal the official one, or states cannot be exchanged
  Body body{};
};

const Attribute* FindAttribute(const Body& body, std::string_view name);
const Block* FindBlock(const Body& body, std::string_view name);

// Strict mode cannot express a default on an argument that is not Computed: make it so, at every depth.
void MarkPresetsComputed(Body& body);

}  // namespace terrarium::provider
