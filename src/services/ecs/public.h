#pragma once

#include <string>
#include <vector>

#include "base/arena.h"
#include "store/database.h"

// What others may ask of ECS.
namespace terrarium::ecs {

// What a running task is told at 169.254.170.2: material for the snapshot that terrarium-node serves from.
struct TaskEndpoint {
  std::string account, region, task;  // the task's id, which names the sessions of its role
  std::string eni;
  std::string credentials_id;         // /v2/credentials/<id>
  std::string role_arn;               // empty: no task role, no credentials
  std::string metadata_id;            // /v4/<id>
  std::string container_metadata;     // JSON of /v4/<id>
  std::string task_metadata;          // JSON of /v4/<id>/task
};
// Of every task that has an interface and is not yet stopped.
std::vector<TaskEndpoint> ListTaskEndpoints(store::Tx& tx, Arena& arena);

}  // namespace terrarium::ecs
