#include "base/result.h"

#include <cstring>

namespace terrarium {

std::unexpected<Error> SystemFail(std::string_view what, int error_number) {
  char buffer[128];
  const char* text = strerror_r(error_number, buffer, sizeof buffer);
  std::string message(what);
  message += ": ";
  message += text;
  const ErrorKind kind = error_number == ENOENT   ? ErrorKind::kNotFound
                         : error_number == EACCES ? ErrorKind::kDenied
                         : error_number == EPERM  ? ErrorKind::kDenied
                         : error_number == ENOSPC ? ErrorKind::kLimit
                                                  : ErrorKind::kUnavailable;
  return Fail(kind, std::move(message));
}

}  // namespace terrarium
