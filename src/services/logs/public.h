#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "store/database.h"

// What other services may ask of CloudWatch Logs. The caller has checked who may.
namespace terrarium::logs {

// Where a stream is.
struct Place {
  std::string account, region, group, stream;
};
struct NewEvent {
  UnixMillis time = 0;
  std::string_view message;
};

std::string GroupArn(std::string_view account, std::string_view region, std::string_view group);    // without ":*"
std::string StreamArn(const Place& place);

// ResourceNotFoundException in AWS's words where it is missing.
Status FindGroup(store::Tx& tx, Arena& arena, const Place& place);
Status MakeGroup(store::Tx& tx, Arena& arena, const Place& place, UnixMillis now);   // ResourceAlreadyExistsException
Status MakeStream(store::Tx& tx, Arena& arena, const Place& place, UnixMillis now);  // ResourceAlreadyExistsException, ResourceNotFoundException
// In the order given, which need not be that of time. Empty messages are left out, as CloudWatch takes none.
Status Append(store::Tx& tx, Arena& arena, const Place& place, const std::vector<NewEvent>& events, UnixMillis now);

}  // namespace terrarium::logs
