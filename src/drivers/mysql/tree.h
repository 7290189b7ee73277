#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/result.h"

namespace terrarium::mysql {

// Folders that belong to a server's own user are foreign ground: no path inside them is resolved by name more than one step, and no link is followed.

// Removes it with all that is below. Absent is success; stops at mount points with kConflict.
Status RemoveTree(const std::string& path);
// Bytes that its files occupy.
Result<std::int64_t> TreeSize(const std::string& path);
// Gives it with all that is below to a user. Only for trees that nobody else can change.
Status GiveTree(const std::string& path, uid_t user);
// One folder with this owner and mode.
Status EnsureFolder(const std::string& path, uid_t user, mode_t mode);
// Replaces a file in a folder of that user; never follows what lies there.
Status WriteFileFor(const std::string& path, std::string_view content, uid_t user, mode_t mode);
// A regular file that belongs to this user, whatever name lies there; kDenied for anything else.
Result<std::string> ReadFileOf(const std::string& path, uid_t user, std::size_t limit);

// A file system in memory for this user alone, not larger than `mebibytes`. Present is success.
Status EnsureMemoryFolder(const std::string& path, uid_t user, std::int64_t mebibytes);
// Unmounts and removes it, with all its content. Absent is success.
Status RemoveMemoryFolder(const std::string& path);

}  // namespace terrarium::mysql
