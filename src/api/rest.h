#pragma once

#include "api/protocol.h"

// restJson1: method and path name the operation; members travel in path, query, headers and body.
namespace terrarium::api {

// The operation whose method and URI template fit; a template with more fixed text wins. Null if none fits.
const codec::Operation* MatchRest(const codec::Service& service, std::string_view method, std::string_view path);

Status DecodeRest(const codec::Service& service, const codec::Operation& operation, const HttpRequest& request, void* message, Arena& arena);
void EncodeRest(const codec::Service& service, const codec::Operation& operation, const void* message, HttpResponse& response);

}  // namespace terrarium::api
