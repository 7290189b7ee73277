#pragma once

#include "prove/claim.h"
#include "prove/load/load_client.h"

namespace terrarium::prove {

Result<Finding> ProveIsolation(Context& context);
Result<Finding> ProveDatabaseIsolation(Context& context);
Result<Finding> ProveLeastPrivilege(Context& context);
Result<Finding> ProveTaskKill(Context& context);
Result<Finding> ProveDaemonKill(Context& context);
Result<Finding> ProveDeploy(Context& context);
Result<Finding> ProveCleanDestroy(Context& context);

// The rate of the load: context.rate, or where the site cannot bear that in peace (a small task has a small share of a processor), half of what
// it bears: no claim here is about capacity, and a load that fails by itself proves nothing. kConflict where even the smallest part fails.
// Doubles from there, two seconds each; found out once a run.
Result<double> BearableRate(Context& context, const LoadOptions& options);

// The service has settled on at least one task; else the experiment cannot begin.
Result<ServiceState> SteadyService(Context& context);
// What a load's report says, for programs and as evidence.
Json ValuesOf(const LoadReport& report);
void AddFailures(Finding& finding, const LoadReport& report);
// The client kept its rate: it was never later than a second, so that the figures are the site's.
bool KeptItsRate(const LoadReport& report);

}  // namespace terrarium::prove
