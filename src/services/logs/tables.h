#pragma once

#include "gen/logs_rows/types.h"
#include "store/table.h"

namespace terrarium::logs {

namespace rows = gen::logs_rows;

inline const store::Table<rows::Group> kGroups{"logs_group"};
inline const store::Table<rows::Stream> kStreams{"logs_stream"};
inline const store::Table<rows::Event> kEvents{"logs_event"};

}  // namespace terrarium::logs
