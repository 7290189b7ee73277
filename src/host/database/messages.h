#pragma once

#include "base/arena.h"
#include "base/result.h"
#include "gen/host_database/types.h"
#include "host/database/parameters.h"
#include "host/database/spec.h"

namespace terrarium::database {

// A verb's fields as checked values; the error names the field.
Result<ServerSpec> SpecOf(const gen::host_database::DatabaseSpec& message);
Result<Parameters> ParametersOf(const List<gen::host_database::Parameter>& list);

// Accounts and data of a first Ensure: both or none of user and password, and something to begin with.
Status CheckFirst(const gen::host_database::EnsureDatabaseRequest& request);

// What of an existing server cannot become what is asked for; kConflict with the field's name.
Status CheckChange(const ServerSpec& present, const ServerSpec& wanted);

void Fill(gen::host_database::ParameterDescription& out, const ParameterFact& fact, Arena& arena);

}  // namespace terrarium::database
