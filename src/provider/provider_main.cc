// terraform-provider-aws: wiring.
#include <exception>
#include <cstdio>

#include "provider/cloud/aws_cloud.h"
#include "provider/run.h"

int main(int argc, char** argv) {
  using namespace terrarium;
  using namespace terrarium::provider;
  const SystemClock clock;
  try {
    return Run(argc, argv, [&](const Settings& settings, const StopSignal& stop) {
      return OpenAwsCloud(settings, clock, stop);
    });
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "terraform-provider-aws: %s\n", bug.what());
    return 1;
  }
}
