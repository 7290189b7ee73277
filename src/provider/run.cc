#include "provider/run.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "provider/goplugin/serve.h"
#include "provider/rpc/provider_service.h"

namespace terrarium::provider {
namespace {

constexpr const char* kWho = "Terrarium's own provider for aws, not HashiCorp's; schemas of hashicorp/aws 6.25.0";

bool IsSet(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

}  // namespace

int Run(int argc, char** argv, const OpenCloud& open_cloud) {
  if (argc > 1 && std::string_view(argv[1]) == "--version") {
    std::printf("terraform-provider-aws: %s\n", kWho);
    return 0;
  }
  std::fprintf(stderr, "[INFO] %s\n", kWho);
  const SystemClock clock;
  SystemRandom random;
  StopSignal stop;
  const auto types = IsSet("TERRARIUM_PROVIDER_STRICT") ? TypeSystem::kStrict : TypeSystem::kLegacy;
  Provider provider(types, {.open_cloud = [&](const Settings& settings) { return open_cloud(settings, stop); },
                            .clock = clock,
                            .stop = stop,
                            .random = random});
  ProviderService service(provider);
  const auto served = Serve(service);
  std::fprintf(stderr, "%s\n", served.error().message.c_str());
  return 1;
}

}  // namespace terrarium::provider
