#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace terrarium {

std::string ToLower(std::string_view s);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
std::string_view Trim(std::string_view s);  // blanks and tabs at both ends
std::vector<std::string_view> Split(std::string_view s, char separator);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
std::string ReplaceAll(std::string_view s, std::string_view from, std::string_view to);

// Whole of `s` is a decimal number in range.
std::optional<std::int64_t> ParseInt(std::string_view s);

std::string HexEncode(std::string_view bytes);
std::optional<std::string> HexDecode(std::string_view hex);
std::string Base64Encode(std::string_view bytes);
// Standard alphabet with padding; nothing else is accepted.
std::optional<std::string> Base64Decode(std::string_view text);

// Percent-encodes everything outside RFC 3986 unreserved; `keep_slash` leaves '/' as it is.
std::string UriEncode(std::string_view s, bool keep_slash = false);
// Decodes %XX, and '+' as blank where `plus_is_space` says so. Nothing if an escape is malformed.
std::optional<std::string> UriDecode(std::string_view s, bool plus_is_space);

bool IsValidUtf8(std::string_view s);

// "2026-11-25T10:30:07Z", or with ".123" where `with_millis`.
std::string FormatIso8601(UnixMillis t, bool with_millis = false);
// "Wed, 25 Nov 2026 10:30:07 GMT"
std::string FormatHttpDate(UnixMillis t);
// "20261125T103007Z"
std::string FormatBasicIso8601(UnixMillis t);
// Reads "2026-11-25T10:30:07Z", with fraction, with "+hh:mm", and the basic form. UTC milliseconds.
std::optional<UnixMillis> ParseIso8601(std::string_view s);
std::optional<UnixMillis> ParseHttpDate(std::string_view s);

// Control bytes shown as \xNN, so that foreign bytes cannot drive a terminal or break a log line.
std::string Printable(std::string_view s);

}  // namespace terrarium
