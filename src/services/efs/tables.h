#pragma once

#include <string>
#include <string_view>

#include "gen/efs_rows/types.h"
#include "store/table.h"

namespace terrarium::efs {

namespace rows = gen::efs_rows;

inline const store::Table<rows::FileSystem> kFileSystems{"efs_file_system"};
inline const store::Table<rows::MountTarget> kMountTargets{"efs_mount_target"};
inline const store::Table<rows::AccessPoint> kAccessPoints{"efs_access_point"};

inline std::string FileSystemWork(std::string_view row_key) { return "efs/fs/" + std::string(row_key); }

}  // namespace terrarium::efs
