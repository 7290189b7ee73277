#include "provider/resources/iam.h"

#include "base/text.h"

namespace terrarium::provider {

Value DecodedPolicy(const Value& document) {
  const auto text = UriDecode(document.Text(), false);
  return text ? Value(*text) : document;
}

}  // namespace terrarium::provider
