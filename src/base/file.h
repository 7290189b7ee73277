#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace terrarium {

// The whole of a regular file; kLimit if it is larger than `limit` bytes.
Result<std::string> ReadFile(const std::string& path, std::size_t limit = 64u << 20);

// Writes beside `path` and renames over it, file and folder synced: readers see the old or the new content, whole, and it outlives a power cut.
Status WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode);

Status MakeDirectory(const std::string& path, mode_t mode);  // parents must exist; present is success
Status MakeDirectories(const std::string& path, mode_t mode);
// Names in a folder, without "." and "..", sorted. An absent folder has none.
Result<std::vector<std::string>> ListDirectory(const std::string& path);
Status WriteAll(int fd, std::string_view bytes);

}  // namespace terrarium
