#pragma once

#include <string>
#include <string_view>

#include "gen/rds_rows/types.h"
#include "store/table.h"

namespace terrarium::rds {

namespace rows = gen::rds_rows;

inline constexpr store::Table<rows::SubnetGroup> kSubnetGroups{"rds_subnet_group"};
inline constexpr store::Table<rows::ParameterGroup> kParameterGroups{"rds_parameter_group"};
inline constexpr store::Table<rows::Instance> kInstances{"rds_instance"};
inline constexpr store::Table<rows::Snapshot> kSnapshots{"rds_snapshot"};
inline constexpr store::Table<rows::Engine> kEngines{"rds_engine"};  // key: version
inline constexpr store::Table<rows::EngineLook> kEngineLooks{"rds_engine_look"};
inline constexpr store::Table<rows::Buried> kBuried{"rds_buried"};
inline constexpr store::Table<rows::Place> kPlaces{"rds_place"};

inline constexpr std::string_view kInstanceWork = "rds/instance/", kSnapshotWork = "rds/snapshot/", kEnginesWork = "rds/engines", kOrphansWork = "rds/orphans";
inline std::string InstanceWork(std::string_view row_key) { return std::string(kInstanceWork) + std::string(row_key); }
inline std::string SnapshotWork(std::string_view row_key) { return std::string(kSnapshotWork) + std::string(row_key); }

}  // namespace terrarium::rds
