#include "provider/core/catalog.h"

#include <algorithm>

#include "provider/core/provider_schema.h"
#include "provider/core/timeouts.h"
#include "provider/data_sources/data_sources.h"
#include "provider/resources/resources.h"

namespace terrarium::provider {
namespace {

template <class T>
const T* Find(const std::vector<T>& all, std::string_view type) {
  const auto it = std::ranges::find(all, type, &T::type);
  return it == all.end() ? nullptr : &*it;
}

}  // namespace

const Resource* Catalog::FindResource(std::string_view type) const { return Find(resources, type); }
const DataSource* Catalog::FindDataSource(std::string_view type) const { return Find(data_sources, type); }
const DataSource* Catalog::FindEphemeral(std::string_view type) const { return Find(ephemerals, type); }

Catalog MakeCatalog(TypeSystem types) {
  Catalog catalog{
      .provider = ProviderSchema(),
      .resources = {CloudwatchLogGroup(), DbInstance(), DbParameterGroup(), DbSubnetGroup(), EcrRepository(), EcsCluster(), EcsService(), EcsTaskDefinition(), EfsAccessPoint(), EfsFileSystem(), EfsMountTarget(), IamPolicy(), IamRole(), IamRolePolicy(),
                    IamRolePolicyAttachment(), InternetGateway(), KmsAlias(), KmsKey(), Lb(), LbListener(), LbTargetGroup(), Route(), RouteTable(), RouteTableAssociation(),
                    SecretsmanagerSecret(), SecretsmanagerSecretVersion(), SecurityGroup(), Subnet(), Vpc(), VpcSecurityGroupEgressRule(), VpcSecurityGroupIngressRule()},
      .data_sources = {AvailabilityZonesData(), CallerIdentityData(), IamPolicyDocumentData(), PartitionData(),
                       RandomPasswordData(), RdsEngineVersionData(), RegionData()},
      .ephemerals = {RandomPasswordEphemeral()},
  };
  for (auto& resource : catalog.resources) {
    if (resource.timeouts.Any()) resource.schema.body.blocks.push_back(TimeoutsBlock(resource.timeouts));
    if (types == TypeSystem::kStrict) MarkPresetsComputed(resource.schema.body);
  }
  return catalog;
}

}  // namespace terrarium::provider
