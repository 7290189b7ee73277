// Schema tables as text: one row an attribute, so that a type reads like its documentation and costs nothing
// to compile.
//
//   name   type   word…   [= default]   [<> Member] [> Member] [< Member]
//   block name list|set|single word… [<> Member] {
//     …
//   }
//
// type       string number bool list(T) set(T) map(T) object{name:T,…}
// word       required optional computed replaces sensitive volatile deprecated keep write_only refused
//            in=A|B (allowed values)  conflicts=a|b  follows=a|b  check=json|arn|name
//            and for blocks min=N max=N
// <> > <     the member of the API: in request and answer, in the request only, in the answer only.
//            Dots lead into structures: `Endpoint.Port`
#pragma once

#include "provider/schema/schema.h"

namespace terrarium::provider {

// The text must outlive the body: names point into it. A malformed table is a bug.
Body ParseTable(std::string_view text);

// A row for what a table cannot say (an equality, a check of its own). Dots lead into blocks.
Attribute& Row(Body& body, std::string_view path);

}  // namespace terrarium::provider
