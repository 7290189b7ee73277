#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/result.h"
#include "codec/descriptor.h"

// Between messages and the plain values of the suites: times are seconds, blobs are their bytes as text, NaN is a string.
namespace terrarium::vectors {

// A zeroed message of the shape with the values in it. Null for a shape that is none. kUnsupported for what a message cannot hold:
// documents, nulls in lists and maps.
Result<void*> Fill(const codec::Tables& tables, std::uint16_t shape, const Json& values, Arena& arena);

// The opposite. Maps are ordered by key, so that equal messages have equal text.
Json Show(const codec::Tables& tables, std::uint16_t shape, const void* message);

}  // namespace terrarium::vectors
