#include "sigv4/canonical.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace terrarium::sigv4 {
namespace {

int HexValue(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

// Decodes %XX; a '%' that begins no escape and '+' stand for themselves.
std::string Decode(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && HexValue(s[i + 1]) >= 0 && HexValue(s[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(s[i + 1]) * 16 + HexValue(s[i + 2]));
      i += 2;
    } else {
      out += s[i];
    }
  }
  return out;
}

std::string RemoveDotSegments(std::string_view path) {
  std::vector<std::string_view> kept;
  std::string_view last;
  for (std::string_view segment : Split(path, '/')) {
    last = segment;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string out;
  for (std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  if (kept.empty() || last.empty() || last == "." || last == "..") out += '/';
  return out;
}

void AppendFolded(std::string_view value, std::string& out) {
  bool blank = false;
  for (char c : Trim(value)) {
    if (c == ' ' || c == '\t') {
      blank = true;
      continue;
    }
    if (blank) out += ' ';
    blank = false;
    out += c;
  }
}

}  // namespace

PathRule PathRuleOf(std::string_view signing_name) {
  const bool verbatim = signing_name == "s3" || signing_name == "s3-outposts" || signing_name == "s3-object-lambda" || signing_name == "s3express";
  return verbatim ? PathRule::kVerbatim : PathRule::kNormalized;
}

std::string CanonicalPath(std::string_view path, PathRule rule) {
  if (path.empty()) return "/";
  if (rule == PathRule::kVerbatim) return UriEncode(Decode(path), true);
  return UriEncode(RemoveDotSegments(path), true);
}

std::string CanonicalQuery(std::string_view query) {
  if (query.empty()) return {};
  std::vector<std::pair<std::string, std::string>> parameters;
  for (std::string_view pair : Split(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    std::string name = UriEncode(Decode(pair.substr(0, equals)));
    if (name == "X-Amz-Signature") continue;
    parameters.emplace_back(std::move(name), equals == std::string_view::npos ? std::string() : UriEncode(Decode(pair.substr(equals + 1))));
  }
  std::ranges::sort(parameters);
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

std::optional<std::string> CanonicalHeader(std::span<const HeaderView> headers, std::string_view lower_case_name) {
  std::optional<std::string> out;
  for (const auto& [name, value] : headers) {
    if (!EqualsIgnoreCase(name, lower_case_name)) continue;
    if (out) {
      *out += ',';
    } else {
      out.emplace();
    }
    AppendFolded(value, *out);
  }
  return out;
}

std::string CanonicalRequest(const Request& request, PathRule rule, std::string_view signed_headers, std::string_view payload) {
  std::string out;
  out.reserve(1024);
  out += request.method;
  out += '\n';
  out += CanonicalPath(request.path, rule);
  out += '\n';
  out += CanonicalQuery(request.query);
  out += '\n';
  for (std::string_view name : Split(signed_headers, ';')) {
    out += name;
    out += ':';
    // One that was signed and did not arrive counts as empty: the signature then differs, as it should.
    out += CanonicalHeader(request.headers, name).value_or(std::string());
    out += '\n';
  }
  out += '\n';
  out += signed_headers;
  out += '\n';
  out += payload;
  return out;
}

std::string StringToSign(std::string_view timestamp, std::string_view scope_without_key, std::string_view canonical_hash_hex) {
  std::string out(kAlgorithm);
  for (std::string_view part : {timestamp, scope_without_key, canonical_hash_hex}) {
    out += '\n';
    out += part;
  }
  return out;
}

}  // namespace terrarium::sigv4
