#include <charconv>

#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

constexpr int kMaxDepth = 128;

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  Result<Value> Document() {
    Value value;
    const bool ok = Read(value, 0);
    Space();
    if (!ok || at_ != in_.size())
      return Fail(ErrorKind::kInvalid, "invalid JSON at offset " + std::to_string(at_));
    return value;
  }

 private:
  void Space() {
    while (at_ < in_.size() && std::string_view(" \t\r\n").contains(in_[at_])) ++at_;
  }
  bool Eat(char c) {
    Space();
    if (at_ >= in_.size() || in_[at_] != c) return false;
    return ++at_, true;
  }
  bool Word(std::string_view word) {
    if (!in_.substr(at_).starts_with(word)) return false;
    return at_ += word.size(), true;
  }

  bool Read(Value& out, int depth) {
    Space();
    if (depth > kMaxDepth || at_ >= in_.size()) return false;
    switch (in_[at_]) {
      case '{': return ReadObject(out, depth);
      case '[': return ReadList(out, depth);
      case '"': {
        std::string text;
        return ReadString(text) && (out = Value(std::move(text)), true);
      }
      case 't': return Word("true") && (out = Value(true), true);
      case 'f': return Word("false") && (out = Value(false), true);
      case 'n': return Word("null") && (out = Value(), true);
      default: return ReadNumber(out);
    }
  }

  bool ReadObject(Value& out, int depth) {
    Object object;
    Eat('{');
    if (Eat('}')) return out = Value(std::move(object)), true;
    do {
      std::string name;
      Value field;
      Space();
      if (!ReadString(name) || !Eat(':') || !Read(field, depth + 1)) return false;
      object.insert_or_assign(std::move(name), std::move(field));
    } while (Eat(','));
    return Eat('}') && (out = Value(std::move(object)), true);
  }

  bool ReadList(Value& out, int depth) {
    List list;
    Eat('[');
    if (Eat(']')) return out = Value(std::move(list)), true;
    do {
      if (!Read(list.emplace_back(), depth + 1)) return false;
    } while (Eat(','));
    return Eat(']') && (out = Value(std::move(list)), true);
  }

  // What is not an int64 stays decimal text: a detour through double would change it.
  bool ReadNumber(Value& out) {
    const auto start = at_;
    Word("-");
    if (!Digits()) return false;
    if (Word(".") && !Digits()) return false;
    if (Word("e") || Word("E")) {
      if (!Word("+")) Word("-");
      if (!Digits()) return false;
    }
    const auto text = in_.substr(start, at_ - start);
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    out = whole ? Value(n) : Value(Decimal{std::string(text)});
    return true;
  }
  bool Digits() {
    const auto start = at_;
    while (at_ < in_.size() && in_[at_] >= '0' && in_[at_] <= '9') ++at_;
    return at_ > start;
  }

  bool ReadString(std::string& out) {
    if (!Word("\"")) return false;
    while (at_ < in_.size()) {
      const char c = in_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
      } else if (!ReadEscape(out)) {
        return false;
      }
    }
    return false;
  }
  bool ReadEscape(std::string& out) {
    if (at_ >= in_.size()) return false;
    constexpr std::string_view kCodes = "\"\\/bfnrt", kMeaning = "\"\\/\b\f\n\r\t";
    const char c = in_[at_++];
    if (const auto i = kCodes.find(c); i != kCodes.npos) return out += kMeaning[i], true;
    unsigned unit = 0, low = 0;
    if (c != 'u' || !Hex4(unit)) return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
      if (!Word("\\u") || !Hex4(low) || low < 0xdc00 || low > 0xdfff) return false;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    return Utf8(out, unit), true;
  }
  bool Hex4(unsigned& out) {
    if (in_.size() - at_ < 4) return false;
    const auto [end, error] = std::from_chars(in_.data() + at_, in_.data() + at_ + 4, out, 16);
    if (error != std::errc() || end != in_.data() + at_ + 4) return false;
    return at_ += 4, true;
  }
  static void Utf8(std::string& out, unsigned c) {
    if (c < 0x80) return out += static_cast<char>(c), void();
    const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr unsigned kLead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(kLead[tail] | c >> (6 * tail));
    for (int i = tail - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3f));
  }

  std::string_view in_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Value> ParseJson(std::string_view text) { return Reader(text).Document(); }

}  // namespace terrarium::provider
