#pragma once

#include "wire/http_parser.h"
#include "wire/server.h"

namespace terrarium::wire {

// Whether the request may be routed at all: its Host is ours, and no foreign page made a browser send it. An empty reason means yes.
ParseError CheckOrigin(const RequestHead& head, const ServerOptions& options);

}  // namespace terrarium::wire
