#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace terrarium::api {

// Leaves in `items` the page that follows the item whose key is `marker` (absent: the first page), at most `limit` of them, and sets `next` to the
// marker of the page after it where there is more. False, and nothing changed, where no item has that key. For listings in an order of their own.
template <class T, class Key>
[[nodiscard]] bool CutPage(Arena& arena, List<T>& items, Key key, Str marker, std::size_t limit, Str& next) {
  List<T> page;
  page.Present(arena);
  bool begun = !marker.has_value();
  for (const T& item : items) {
    if (!begun) {
      begun = key(item) == marker.view();
    } else if (page.size() == limit) {
      next = arena.Copy(std::string(key(page[limit - 1])));
      break;
    } else {
      page.Add(arena, item);
    }
  }
  if (!begun) return false;
  items = page;
  return true;
}

}  // namespace terrarium::api
