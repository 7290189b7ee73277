// Made by codegen/generate.py; not to be edited.
#pragma once

#include "base/result.h"
#include "gen/sample/types.h"
#include "host/verb.h"

namespace terrarium::host {

class SampleHost {
 public:
  virtual ~SampleHost() = default;
  virtual Result<gen::sample::Tag*> EnsureSample(const gen::sample::Sample& request, Arena& arena) = 0;
};

// SampleHost spoken over the socket of terrarium-host.
class SampleHostStub final : public SampleHost {
 public:
  explicit SampleHostStub(VerbChannel& channel) : channel_(channel) {}
  Result<gen::sample::Tag*> EnsureSample(const gen::sample::Sample& request, Arena& arena) override;

 private:
  VerbChannel& channel_;
};

// What terrarium-host serves SampleHost with.
void ServeSampleHost(VerbTable& table, SampleHost& port);

}  // namespace terrarium::host
