#pragma once

#include <string>
#include <string_view>

// Bodies compared by what they mean. Each gives "" if they are the same, else what differs.
namespace terrarium::vectors {

// Members of objects in any order; 1 and 1.0 are the same number.
std::string DiffJson(std::string_view want, std::string_view got);

// Elements of different names in any order, those of one name in theirs. Blanks between elements and comments mean nothing. What `got` says of the
// request's id is left aside where `want` has none.
std::string DiffXml(std::string_view want, std::string_view got);

// Pairs of a form or a query string in any order, decoded.
std::string DiffForm(std::string_view want, std::string_view got);

// The first of the elements that hold a request's id, or "".
std::string RequestIdOf(std::string_view xml);

}  // namespace terrarium::vectors
