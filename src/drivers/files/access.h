#pragma once

#include <string>

#include "host/files/access.h"

namespace terrarium::files {

// FilesMounts::MountAccess of the file system whose mount is `dir`.
Status MountAccess(const std::string& dir, const host::FilesAccess& access, const std::string& target);

}  // namespace terrarium::files
