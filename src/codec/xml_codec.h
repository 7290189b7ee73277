#pragma once

#include <string>

#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::codec {

void AppendXmlText(std::string& out, std::string_view s);

// The members of a structure as elements, without an element around them (awsQuery and ec2Query results).
// ec2Query names list items "item" by the model; times are ISO 8601.
void EncodeXml(const Tables& tables, std::uint16_t shape, const void* structure, std::string& out);

// The other way, for clients: `element_path` ("CreateVpcResponse" or "X/XResult") leads to the element that holds the members.
// What an old or new server adds is skipped.
Status DecodeXml(const Tables& tables, std::uint16_t shape, void* structure, std::string_view document, const char* element_path, Arena& arena);

struct XmlError {
  std::string code;
  std::string message;
  std::string request_id;
};
// Error of awsQuery, ec2Query or restXml. Nothing if the document is none.
Result<XmlError> DecodeXmlError(std::string_view document);

}  // namespace terrarium::codec
