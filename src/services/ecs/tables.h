#pragma once

#include <string>
#include <string_view>

#include "gen/ecs_rows/types.h"
#include "store/table.h"

namespace terrarium::ecs {

namespace rows = gen::ecs_rows;

inline const store::Table<rows::Cluster> kClusters{"ecs_cluster"};
inline const store::Table<rows::Family> kFamilies{"ecs_family"};
inline const store::Table<rows::TaskDefinition> kDefinitions{"ecs_task_definition"};
inline const store::Table<rows::Task> kTasks{"ecs_task"};
inline const store::Table<rows::Service> kServices{"ecs_service"};

inline std::string TaskWork(std::string_view task_key) { return "ecs/task/" + std::string(task_key); }
inline std::string ServiceWork(std::string_view service_key) { return "ecs/service/" + std::string(service_key); }

}  // namespace terrarium::ecs
