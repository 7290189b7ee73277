#include "codec/validate.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace terrarium::codec {
namespace {

constexpr std::size_t kMaxProblems = 10;

template <class T>
const T& At(const void* p) {
  return *static_cast<const T*>(p);
}

// AWS names members in errors with a small first letter.
std::string Small(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] | 0x20);
  return out;
}

class Checker {
 public:
  Checker(const Tables& tables, std::vector<std::string>& problems) : t_(tables), problems_(problems) {}

  void Structure(std::uint16_t index, const void* p, const std::string& path) {
    const Shape& s = t_.shapes[index];
    for (const Member *m = t_.members + s.first, *end = m + s.count; m < end && problems_.size() < kMaxProblems; ++m) {
      const void* value = Present(t_, *m, p);
      const std::string at = path + Small(t_[m->name]);
      if (value != nullptr) Value(m->shape, value, at, (s.flags & kSensitive) != 0);
      else if ((m->flags & kRequired) != 0) Problem("null", at, "Member must not be null");
    }
  }

 private:
  void Value(std::uint16_t index, const void* p, const std::string& at, bool hidden) {
    const Shape& s = t_.shapes[index];
    hidden |= (s.flags & kSensitive) != 0;
    switch (s.kind) {
      case Kind::kString: {
        const std::string_view v = At<Str>(p).view();
        Length(s, Characters(v), Quoted(v, hidden), at);
        if (s.count > 0 && !InEnum(s, v)) Problem(Quoted(v, hidden), at, "Member must satisfy enum value set: [" + EnumList(s) + "]");
        return;
      }
      case Kind::kBlob: return Length(s, At<Str>(p).view().size(), "[bytes]", at);
      case Kind::kInteger: return Range<std::int64_t>(s, At<std::int32_t>(p), at);
      case Kind::kLong: return Range(s, At<std::int64_t>(p), at);
      case Kind::kDouble: return Range(s, At<double>(p), at);
      case Kind::kList: {
        const auto& list = At<RawList>(p);
        Length(s, list.count, "[list]", at);
        for (std::uint32_t i = 0; i < list.count && problems_.size() < kMaxProblems; ++i)
          Value(s.element, list.items + std::size_t{i} * s.size, at + "." + std::to_string(i + 1) + ".member", hidden);
        return;
      }
      case Kind::kMap: {
        const auto& map = At<RawList>(p);
        Length(s, map.count, "[map]", at);
        for (std::uint32_t i = 0; i < map.count && problems_.size() < kMaxProblems; ++i) {
          const char* entry = map.items + std::size_t{i} * s.size;
          Value(s.element, entry + kMapValueOffset, at + "." + std::string(At<Str>(entry).view()) + ".member", hidden);
        }
        return;
      }
      case Kind::kStructure: return Structure(index, p, at + ".");
      default: return;
    }
  }

  static std::string Quoted(std::string_view v, bool hidden) { return hidden ? "'[hidden]'" : "'" + std::string(v.substr(0, 256)) + "'"; }

  // Limits of text count characters, not bytes: all but the bytes that go on with one.
  static std::size_t Characters(std::string_view v) {
    return static_cast<std::size_t>(std::count_if(v.begin(), v.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  }

  bool InEnum(const Shape& s, std::string_view v) const {
    for (std::uint16_t i = 0; i < s.count; ++i)
      if (t_[t_.enums[s.first + i]] == v) return true;
    return false;
  }

  std::string EnumList(const Shape& s) const {
    std::string out;
    for (std::uint16_t i = 0; i < s.count; ++i) {
      if (i > 0) out += ", ";
      out += t_[t_.enums[s.first + i]];
    }
    return out;
  }

  void Length(const Shape& s, std::size_t n, const std::string& shown, const std::string& at) {
    const auto size = static_cast<std::int64_t>(n);
    if (size < s.minimum) Problem(shown, at, "Member must have length greater than or equal to " + std::to_string(s.minimum));
    if (size > s.maximum) Problem(shown, at, "Member must have length less than or equal to " + std::to_string(s.maximum));
  }

  // The tables hold whole limits: of one with a fraction, the part before it.
  template <class T>
  void Range(const Shape& s, T v, const std::string& at) {
    std::string shown = "'";
    if constexpr (std::is_floating_point_v<T>) AppendJsonNumber(shown, v);
    else shown += std::to_string(v);
    shown += "'";
    if (s.minimum != kNoMinimum && v < static_cast<T>(s.minimum)) Problem(shown, at, "Member must have value greater than or equal to " + std::to_string(s.minimum));
    if (s.maximum != kNoMaximum && v > static_cast<T>(s.maximum)) Problem(shown, at, "Member must have value less than or equal to " + std::to_string(s.maximum));
  }

  void Problem(const std::string& value, const std::string& at, const std::string& constraint) {
    problems_.push_back("Value " + value + " at '" + at + "' failed to satisfy constraint: " + constraint);
  }

  const Tables& t_;
  std::vector<std::string>& problems_;
};

}  // namespace

std::vector<std::string> Validate(const Tables& tables, std::uint16_t shape, const void* structure) {
  std::vector<std::string> problems;
  Checker(tables, problems).Structure(shape, structure, "");
  return problems;
}

std::string ValidationMessage(const std::vector<std::string>& problems) {
  return std::to_string(problems.size()) + (problems.size() == 1 ? " validation error detected: " : " validation errors detected: ") + Join(problems, "; ");
}

}  // namespace terrarium::codec
