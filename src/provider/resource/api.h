// Between attributes and members of the API, as the schema tables say.
#pragma once

#include "provider/schema/schema.h"

namespace terrarium::provider {

// Everything that has a value and a request member; null and "" are left out, as the official provider does.
Object ToApi(const Body& body, const Object& planned);
// The same, of rows whose value differs from the prior one only; `false`, 0 and an empty list are kept, because
// here they are news. A value that was taken away is left out: what that means is the resource's knowledge.
Object ChangesToApi(const Body& body, const Object& prior, const Object& planned);
// Attributes and blocks with an answer member; null, or no block, where the document has no such member.
Object FromApi(const Body& body, const Value& document);

// By a dotted member name.
const Value& MemberAt(const Value& document, std::string_view path);
void SetMember(Object& document, std::string_view path, Value value);

}  // namespace terrarium::provider
