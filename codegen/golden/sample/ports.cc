// Made by codegen/generate.py; not to be edited.
#include "gen/sample/ports.h"

namespace terrarium::host {

Result<gen::sample::Tag*> SampleHostStub::EnsureSample(const gen::sample::Sample& request, Arena& arena) {
  return CallVerb<gen::sample::Tag>(channel_, "SampleHost.EnsureSample", request, arena);
}
void ServeSampleHost(VerbTable& table, SampleHost& port) {
  AddVerb<gen::sample::Sample, gen::sample::Tag>(table, "SampleHost.EnsureSample", [&port](const gen::sample::Sample& request, Arena& arena) { return port.EnsureSample(request, arena); });
}

}  // namespace terrarium::host
