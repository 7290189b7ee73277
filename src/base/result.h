#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace terrarium {

// A kind exists only where some caller acts differently on it.
enum class ErrorKind : unsigned char {
  kInvalid,      // the request is wrong; the same call fails again
  kNotFound,     // the thing is absent
  kConflict,     // the thing is in a state that forbids this; may pass later
  kLimit,        // a quota or a size was exceeded
  kDenied,       // the caller may not
  kUnavailable,  // a machine part did not do it; retry with back-off
  kUnsupported,  // refused by name: Terrarium does not make this real
  kUnknown,      // it may or may not have happened: look before acting again
};

struct Error {
  ErrorKind kind = ErrorKind::kUnavailable;
  std::string code{};     // modelled AWS error name; empty below the service layer
  std::string message{};  // ends up in front of a user: no paths, no secrets
  std::string cause{};    // for the log only
};

template <class T>
using Result = std::expected<T, Error>;

using Status = Result<void>;

// An error with neither code nor cause, for the layers below services.
inline std::unexpected<Error> Fail(ErrorKind kind, std::string message, std::string cause = {}) {
  return std::unexpected(Error{kind, {}, std::move(message), std::move(cause)});
}

// A modelled error of an AWS API: `code` is the shape name in the service's model.
inline std::unexpected<Error> ApiError(std::string_view code, std::string message, ErrorKind kind = ErrorKind::kInvalid) {
  return std::unexpected(Error{kind, std::string(code), std::move(message), {}});
}

// "message: strerror(errno)" of a failed system call.
std::unexpected<Error> SystemFail(std::string_view what, int error_number);

}  // namespace terrarium

#define TERRARIUM_CAT_(a, b) a##b
#define TERRARIUM_CAT(a, b) TERRARIUM_CAT_(a, b)
#define TERRARIUM_TRY_(tmp, ret, lhs, ...)                            \
  auto tmp = (__VA_ARGS__);                                           \
  if (!tmp) [[unlikely]] ret std::unexpected(std::move(tmp).error()); \
  lhs = *std::move(tmp)
#define TRY_ASSIGN(lhs, ...) TERRARIUM_TRY_(TERRARIUM_CAT(try_, __COUNTER__), return, lhs, __VA_ARGS__)
#define CO_TRY_ASSIGN(lhs, ...) TERRARIUM_TRY_(TERRARIUM_CAT(try_, __COUNTER__), co_return, lhs, __VA_ARGS__)
#define TERRARIUM_TRY_STATUS_(tmp, ret, ...) \
  if (auto tmp = (__VA_ARGS__); !tmp) [[unlikely]] ret std::unexpected(std::move(tmp).error())
#define TRY(...) TERRARIUM_TRY_STATUS_(TERRARIUM_CAT(try_, __COUNTER__), return, __VA_ARGS__)
#define CO_TRY(...) TERRARIUM_TRY_STATUS_(TERRARIUM_CAT(try_, __COUNTER__), co_return, __VA_ARGS__)
