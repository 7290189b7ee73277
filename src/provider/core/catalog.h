// Everything the provider serves. To add a type: its file, and one line in catalog.cc.
#pragma once

#include <string_view>
#include <vector>

#include "provider/plan/planner.h"
#include "provider/resource/resource.h"

namespace terrarium::provider {

struct Catalog {
  Schema provider;
  std::vector<Resource> resources;
  std::vector<DataSource> data_sources;
  std::vector<DataSource> ephemerals;

  const Resource* FindResource(std::string_view type) const;
  const DataSource* FindDataSource(std::string_view type) const;
  const DataSource* FindEphemeral(std::string_view type) const;
};

Catalog MakeCatalog(TypeSystem types);

}  // namespace terrarium::provider
