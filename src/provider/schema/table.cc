#include "provider/schema/table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "provider/schema/checks.h"
#include "provider/value/json.h"

namespace terrarium::provider {
namespace {

[[noreturn]] void Malformed(std::string_view what, std::string_view line) {
  const std::string text = "schema table: " + std::string(what) + " in \"" + std::string(line) + "\"";
  Bug(text.c_str(), __FILE__, __LINE__);
}

constexpr std::pair<std::string_view, Use> kWords[] = {
    {"required", Use::kRequired},     {"optional", Use::kOptional},     {"computed", Use::kComputed},
    {"replaces", Use::kForceNew},     {"sensitive", Use::kSensitive},   {"volatile", Use::kVolatile},
    {"deprecated", Use::kDeprecated}, {"keep", Use::kKeepMissing},      {"write_only", Use::kWriteOnly},
    {"refused", Use::kRefused},
};

// One line, word by word.
class Line {
 public:
  explicit Line(std::string_view text) : all_(text), rest_(text) {}
  std::string_view all() const { return all_; }

  // Empty at the end. A quoted string is one word, quotes included.
  std::string_view Next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    if (rest_.empty() || rest_[0] == '#') return {};
    std::size_t end = rest_.find_first_of(" \t");
    if (rest_[0] == '"') end = rest_.find('"', 1) + 1;
    const auto word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end, rest_.size()));
    return word;
  }

 private:
  std::string_view all_, rest_;
};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(separator, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// Consumes one type from the front of `text`.
Type TakeType(std::string_view& text, std::string_view line) {
  const auto take = [&](std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
  };
  const auto element = [&] {
    Type type = TakeType(text, line);
    if (!take(")")) Malformed("a type without its )", line);
    return type;
  };
  if (take("string")) return kString;
  if (take("number")) return kNumber;
  if (take("bool")) return kBool;
  if (take("list(")) return ListOf(element());
  if (take("set(")) return SetOf(element());
  if (take("map(")) return MapOf(element());
  if (!take("object{")) Malformed("an unknown type", line);
  std::vector<std::pair<std::string, Type>> attributes;
  do {
    const auto colon = text.find(':');
    if (colon == text.npos) Malformed("an object attribute without a type", line);
    std::string name(text.substr(0, colon));
    text.remove_prefix(colon + 1);
    attributes.emplace_back(std::move(name), TakeType(text, line));
  } while (take(","));
  if (!take("}")) Malformed("an object without its }", line);
  return ObjectOf(std::move(attributes));
}

Check NamedCheck(std::string_view name, std::string_view line) {
  if (name == "json") return IsJson();
  if (name == "arn") return IsArn();
  if (name == "name") return NameLike(128);
  Malformed("an unknown check", line);
}

Check OneOfWords(std::string_view words, const Type& type) {
  const auto list = Split(words, '|');
  Check check = OneOf(list);
  return type.element ? Each(std::move(check)) : check;
}

template <class Row>
bool TakeMember(std::string_view word, Line& line, Row& row) {
  if (word != "<>" && word != ">" && word != "<") return false;
  const auto member = line.Next();
  if (word.contains('>')) row.request = member;
  if (word.contains('<')) row.answer = member;
  return true;
}

template <class Row>
bool TakeUse(std::string_view word, Row& row) {
  const auto it = std::ranges::find(kWords, word, &std::pair<std::string_view, Use>::first);
  if (it == std::end(kWords)) return false;
  row.use = row.use | it->second;
  return true;
}

Attribute ParseRow(std::string_view name, Line& line) {
  Attribute row{.name = name, .use = Use{}};
  auto type = line.Next();
  row.type = TakeType(type, line.all());
  for (auto word = line.Next(); !word.empty(); word = line.Next()) {
    if (TakeUse(word, row) || TakeMember(word, line, row)) continue;
    if (word == "=") {
      auto value = ParseJson(line.Next());
      if (!value) Malformed("a default that is not JSON", line.all());
      row.preset = std::move(*value);
    } else if (word.starts_with("in=")) {
      row.check = OneOfWords(word.substr(3), row.type);
    } else if (word.starts_with("check=")) {
      row.check = NamedCheck(word.substr(6), line.all());
      if (row.type.element) row.check = Each(std::move(row.check));
    } else if (word.starts_with("conflicts=")) {
      row.conflicts = Split(word.substr(10), '|');
    } else if (word.starts_with("follows=")) {
      row.follows = Split(word.substr(8), '|');
    } else {
      Malformed("an unknown word", line.all());
    }
  }
  if (!Has(row.use, Use::kRequired) && !Has(row.use, Use::kOptional) && !Has(row.use, Use::kComputed))
    Malformed("an attribute that is neither required, optional nor computed", line.all());
  return row;
}

int Count(std::string_view digits) { return std::atoi(std::string(digits).c_str()); }

Block ParseHead(Line& line) {
  Block block{.name = line.Next(), .use = Use::kOptional};
  const auto nesting = line.Next();
  block.nesting = nesting == "set" ? Nesting::kSet : nesting == "single" ? Nesting::kSingle : Nesting::kList;
  for (auto word = line.Next(); word != "{"; word = line.Next()) {
    if (TakeUse(word, block) || TakeMember(word, line, block)) continue;
    if (word.starts_with("min=")) block.min_items = Count(word.substr(4));
    else if (word.starts_with("max=")) block.max_items = Count(word.substr(4));
    else Malformed("an unknown word", line.all());
  }
  return block;
}

Body ParseBody(std::string_view& text, bool nested) {
  Body body;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    Line line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto first = line.Next();
    if (first.empty()) continue;
    if (first == "}") {
      if (!nested) Malformed("a } too many", line.all());
      return body;
    }
    if (first != "block") {
      body.attributes.push_back(ParseRow(first, line));
      continue;
    }
    Block block = ParseHead(line);
    block.body = ParseBody(text, true);
    body.blocks.push_back(std::move(block));
  }
  if (nested) Malformed("a block without its }", "");
  return body;
}

}  // namespace

Body ParseTable(std::string_view text) { return ParseBody(text, false); }

Attribute& Row(Body& body, std::string_view path) {
  const auto dot = path.find('.');
  if (dot == path.npos) {
    const auto it = std::ranges::find(body.attributes, path, &Attribute::name);
    if (it == body.attributes.end()) Malformed("no such row", path);
    return *it;
  }
  const auto it = std::ranges::find(body.blocks, path.substr(0, dot), &Block::name);
  if (it == body.blocks.end()) Malformed("no such block", path);
  return Row(it->body, path.substr(dot + 1));
}

}  // namespace terrarium::provider
