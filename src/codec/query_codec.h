#pragma once

#include <string>

#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::codec {

// "Action" and "Version" of a form body; nothing where absent.
struct QueryHead {
  std::string action;
  std::string version;
};
Result<QueryHead> DecodeQueryHead(std::string_view body);

// awsQuery ("Tags.member.1.Key=a") and ec2Query ("Filter.1.Value.1=b") bodies. Unknown keys are ignored, as AWS does; a value that its type
// does not allow is kInvalid and names the key. Values are copied into the arena. At most 10,000 keys and list items.
Status DecodeQuery(const Tables& tables, std::uint16_t shape, void* structure, std::string_view body, Arena& arena);

// The other way, for clients, without Action and Version.
void EncodeQuery(const Tables& tables, std::uint16_t shape, const void* structure, Protocol protocol, std::string& out);

}  // namespace terrarium::codec
