// The provider without its wire: values in, values and diagnostics out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "provider/core/catalog.h"
#include "provider/value/diagnostic.h"

namespace terrarium::provider {

struct World {
  std::function<Result<std::unique_ptr<Cloud>>(const Settings&)> open_cloud;
  const Clock& clock;
  StopSignal& stop;
  Random& random;
};

// What an RPC answers about one object.
struct Outcome {
  Value state{};
  std::string private_bytes{};
  std::vector<Path> replace{};
  Diagnostics diagnostics{};
};

// Configure is called once, before any other call but validation; then every method may run on several threads.
class Provider {
 public:
  Provider(TypeSystem types, World world) : types_(types), catalog_(MakeCatalog(types)), world_(std::move(world)) {}

  const Catalog& catalog() const { return catalog_; }
  TypeSystem TypesOf(const Resource& type) const { return types_ == TypeSystem::kStrict ? types_ : type.types; }
  void Stop() { world_.stop.Raise(); }

  Diagnostics Configure(const Value& config);
  Outcome Upgrade(const Resource& type, const Value& stored, std::int64_t version) const;
  Outcome Read(const Resource& type, const Value& state, const std::string& private_bytes) const;
  Outcome Plan(const Resource& type, const Value& prior, const Value& config, const std::string& private_bytes) const;
  // `config` is where write-only arguments are.
  Outcome Apply(const Resource& type, const Value& prior, const Value& planned, const Value& config,
                const std::string& private_bytes) const;
  Outcome Import(const Resource& type, const std::string& id) const;
  Outcome ReadData(const DataSource& type, const Value& config) const;

 private:
  // Opens the cloud and holds it against what the configuration demands of it.
  Result<void> Open();
  Call MakeCall(const Resource& type, const Value& object, const std::string& private_bytes,
                std::string_view operation) const;
  Outcome Create(const Resource& type, const Value& planned, const Value& config,
                 const std::string& private_bytes) const;
  Outcome Update(const Resource& type, const Value& prior, const Value& planned, const Value& config,
                 const std::string& private_bytes) const;
  Outcome Destroy(const Resource& type, const Value& prior, const std::string& private_bytes) const;
  // The cloud's answer with its tags split by the history of `known`.
  Result<std::optional<Object>> ReadRemote(const Resource& type, Call& call, const Value& known) const;

  const TypeSystem types_;
  const Catalog catalog_;
  const World world_;
  Settings settings_;
  std::unique_ptr<Cloud> cloud_;
};

}  // namespace terrarium::provider
