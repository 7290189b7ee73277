#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace terrarium {

// Memory of one request. Messages live in it: generated structs are trivially destructible and all-zero means "absent",
// so nothing is destroyed one by one and a message costs no allocation of its own.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  // Zeroed memory, aligned for any scalar.
  void* Zero(std::size_t size) {
    size = (size + 15) & ~std::size_t{15};
    if (size > left_) Grow(size);
    void* out = next_;
    next_ += size;
    left_ -= size;
    std::memset(out, 0, size);
    return out;
  }
  template <class T>
  T* New() {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    return ::new (Zero(sizeof(T))) T{};
  }
  std::string_view Copy(std::string_view s) {
    auto* out = static_cast<char*>(Zero(s.size() + 1));
    if (!s.empty()) std::memcpy(out, s.data(), s.size());
    return {out, s.size()};
  }

 private:
  void Grow(std::size_t size) {
    const std::size_t block = std::max<std::size_t>(size, blocks_.empty() ? 4096 : 65536);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block + 16));
    auto at = reinterpret_cast<std::uintptr_t>(blocks_.back().get());
    next_ = blocks_.back().get() + ((16 - at % 16) % 16);
    left_ = block;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

// A view into the request body, a row or an arena. Null is "absent", which differs from "".
class Str {
 public:
  constexpr Str() = default;
  constexpr Str(std::string_view s) : data_(s.data() ? s.data() : ""), size_(s.size()) {}  // NOLINT: implicit by design
  constexpr Str(const char* s) : Str(std::string_view(s)) {}                               // NOLINT
  Str(const std::string& s) : Str(std::string_view(s)) {}                                  // NOLINT

  constexpr bool has_value() const { return data_ != nullptr; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr std::string_view view() const { return {data_, size_}; }
  constexpr operator std::string_view() const { return view(); }  // NOLINT
  constexpr std::string_view operator*() const { return view(); }
  std::string str() const { return std::string(view()); }
  constexpr std::string_view value_or(std::string_view other) const { return has_value() ? view() : other; }
  constexpr bool empty() const { return size_ == 0; }
  friend constexpr bool operator==(Str a, std::string_view b) { return a.has_value() && a.view() == b; }
  friend constexpr bool operator==(Str a, Str b) { return a.has_value() == b.has_value() && a.view() == b.view(); }
  friend constexpr bool operator==(Str a, const char* b) { return a == std::string_view(b); }
  friend bool operator==(Str a, const std::string& b) { return a == std::string_view(b); }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// A list whose items live in an arena. A null pointer is "absent"; present and empty is another thing.
template <class T>
struct List {
  T* items = nullptr;
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;

  bool has_value() const { return items != nullptr; }
  std::size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T* begin() { return items; }
  T* end() { return items + count; }
  const T* begin() const { return items; }
  const T* end() const { return items + count; }
  T& operator[](std::size_t i) { return items[i]; }
  const T& operator[](std::size_t i) const { return items[i]; }

  // Makes the list present even if nothing is added.
  void Present(Arena& arena) {
    if (items == nullptr) Reserve(arena, 1);
  }
  T& Add(Arena& arena) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (count == capacity) Reserve(arena, capacity == 0 ? 4 : capacity * 2);
    return *::new (static_cast<void*>(items + count++)) T{};
  }
  void Add(Arena& arena, const T& value) { Add(arena) = value; }

 private:
  void Reserve(Arena& arena, std::uint32_t to) {
    auto* grown = static_cast<T*>(arena.Zero(sizeof(T) * to));
    if (count > 0) std::memcpy(static_cast<void*>(grown), items, sizeof(T) * count);
    items = grown;
    capacity = to;
  }
};

// One entry of a map; a map is a List of these, in the order received.
template <class V>
struct Entry {
  Str key{};
  V value{};
};
template <class V>
using Map = List<Entry<V>>;

}  // namespace terrarium
