// Validations for schema tables.
#pragma once

#include <cstdint>
#include <vector>
#include <string_view>

#include "provider/schema/schema.h"

namespace terrarium::provider {

Check OneOf(std::vector<std::string_view> allowed);
Check Between(std::int64_t low, std::int64_t high);
Check Length(std::size_t low, std::size_t high);
Check IsJson();
Check IsArn();
Check Both(Check first, Check second);
Check Each(Check check);  // every element of a list, set or map
Check NameLike(std::size_t longest);  // letters, digits and +=,.@-_

}  // namespace terrarium::provider
