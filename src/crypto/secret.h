#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace terrarium::crypto {

// Secret bytes that are wiped when they go. Moving leaves nothing behind; there is no copy, no comparison and no printing.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept { *this = std::move(other); }
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { Wipe(); }

  std::string_view view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  Secret Clone() const { return Secret(std::string(bytes_)); }

 private:
  void Wipe();
  std::string bytes_;
};

// Overwrites a string that held a secret.
void Wipe(std::string& bytes);

}  // namespace terrarium::crypto
