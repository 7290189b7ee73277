#include "provider/data_sources/data_sources.h"
#include "provider/resource/place.h"

namespace terrarium::provider {
namespace {

constexpr std::string_view kTable = R"(
dns_suffix         string computed
id                 string optional computed
partition          string computed
reverse_dns_prefix string computed
)";

Result<Object> Read(Call& call, const Object&) {
  const Partition& partition = PartitionOf(call.region);
  return Object{{"id", partition.name},
                {"partition", partition.name},
                {"dns_suffix", partition.dns_suffix},
                {"reverse_dns_prefix", partition.reverse_dns}};
}

}  // namespace

DataSource PartitionData() {
  return {.type = "aws_partition", .schema = {.body = ParseTable(kTable)}, .read = Read};
}

}  // namespace terrarium::provider
