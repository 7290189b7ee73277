#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "codec/descriptor.h"
#include "runtime/http_client.h"

namespace terrarium::aws {

// The client's side of the protocols: a request message to an unsigned call, and an answer to a message.
// awsQuery, ec2Query, awsJson and restJson; restXml is refused by name.
Result<runtime::HttpCall> EncodeCall(const codec::Service& service, const codec::Operation& operation, const void* request);

// Fills `response`, a zeroed structure of the operation's output. An answer of 300 and above is an Error whose code and message are
// the service's, and whose kind says what a caller may do.
Status DecodeAnswer(const codec::Service& service, const codec::Operation& operation, const runtime::HttpAnswer& answer, void* response,
                    Arena& arena);

}  // namespace terrarium::aws
