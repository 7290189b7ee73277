#pragma once

#include <string>
#include <utility>
#include <vector>

#include "prove/claim.h"

namespace terrarium::prove {

// A copy of a role with its inline policies, which a user made for this may assume and ECS tasks may have. Both go with the object.
class RoleCopy {
 public:
  static Result<RoleCopy> Make(Context& context, const std::string& of);
  RoleCopy(RoleCopy&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), name_(std::move(other.name_)), arn_(std::move(other.arn_)), key_(std::move(other.key_)), policies_(std::move(other.policies_)) {}
  RoleCopy& operator=(RoleCopy&&) = delete;
  ~RoleCopy();

  const std::string& arn() const { return arn_; }
  // Every action that its policies allow, once, sorted.
  std::vector<std::string> Actions() const;
  // It is allowed only where another service uses it for the caller (kms:ViaService): no call of one's own shows whether it is there.
  bool OnlyThroughServices(const std::string& action) const;
  // From now on the copy has all but that action; all of them where empty.
  Status Without(const std::string& action);
  // Calls as the copy.
  Result<ApiCall> Assume() const;

 private:
  explicit RoleCopy(Context& context) : context_(&context) {}
  Context* context_;
  std::string name_{}, arn_{};
  std::pair<std::string, std::string> key_{};
  std::vector<std::pair<std::string, Json>> policies_{};  // name and document
};

}  // namespace terrarium::prove
