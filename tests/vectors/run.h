#pragma once

#include <string>

#include "suites.h"

// A case through our own code. "" if it holds, else what differs.
namespace terrarium::vectors {

enum class Side { kServer, kClient };
std::string_view NameOf(Side side);
// Whether the suite means the case for this side.
bool IsFor(const Case& one, Side side);
std::string_view KindOf(const Case& one);  // "request", "response", "malformed"
// "server request ID": what left_out.txt calls it.
std::string KeyOf(const Case& one, Side side);

std::string RunCase(const Case& one, Side side);

}  // namespace terrarium::vectors
