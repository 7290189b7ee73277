#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/child_process.h"

namespace terrarium::runtime {

struct RunningProcess {
  DetachedProcess::Identity identity;
  pid_t parent = 0;
  std::vector<std::string> argv;
  bool Names(std::string_view argument) const;  // one of argv is exactly that
};
// The processes whose real user is `user`: how one is found that was started by somebody who was killed before writing it down. Argument
// vectors say what their process wants them to say; so nothing follows from them but what that user may have done to it.
Result<std::vector<RunningProcess>> ProcessesOf(uid_t user);

}  // namespace terrarium::runtime
