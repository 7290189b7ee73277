#include "provider/core/batching_cloud.h"

#include <algorithm>

namespace terrarium::provider {
namespace {

struct Batch {
  std::string_view service, operation;
  std::string_view ids;   // the request's only member, a list of ids
  std::string_view list;  // of the answer
  std::string_view id;    // of an element
};

constexpr Batch kBatches[] = {
    {"ec2", "DescribeVpcs", "VpcIds", "Vpcs", "VpcId"},
    {"ec2", "DescribeSubnets", "SubnetIds", "Subnets", "SubnetId"},
    {"ec2", "DescribeInternetGateways", "InternetGatewayIds", "InternetGateways", "InternetGatewayId"},
    {"ec2", "DescribeRouteTables", "RouteTableIds", "RouteTables", "RouteTableId"},
    {"ec2", "DescribeSecurityGroups", "GroupIds", "SecurityGroups", "GroupId"},
    {"ec2", "DescribeSecurityGroupRules", "SecurityGroupRuleIds", "SecurityGroupRules", "SecurityGroupRuleId"},
    {"elbv2", "DescribeLoadBalancers", "LoadBalancerArns", "LoadBalancers", "LoadBalancerArn"},
    {"elbv2", "DescribeTargetGroups", "TargetGroupArns", "TargetGroups", "TargetGroupArn"},
    {"elbv2", "DescribeListeners", "ListenerArns", "Listeners", "ListenerArn"},
    {"elbv2", "DescribeTags", "ResourceArns", "TagDescriptions", "ResourceArn"},
};

// The batch that a request for exactly one object can be part of.
const Batch* BatchOf(std::string_view service, std::string_view operation, const Object& request) {
  for (const Batch& one : kBatches)
    if (one.service == service && one.operation == operation)
      return request.size() == 1 && At(request, one.ids).Items().size() == 1 ? &one : nullptr;
  return nullptr;
}

Object Only(const Object& answer, const Batch& batch, const std::string& id) {
  List mine;
  for (const auto& one : At(answer, batch.list).Items())
    if (one[batch.id].Text() == id) mine.push_back(one);
  return {{std::string(batch.list), std::move(mine)}};
}

}  // namespace

Result<Object> BatchingCloud::Call(std::string_view region, std::string_view service, std::string_view operation,
                                   const Object& request) {
  const Batch* batch = BatchOf(service, operation, request);
  if (batch == nullptr) return cloud_->Call(region, service, operation, request);
  const std::string& id = At(request, batch->ids).Items()[0].Text();
  const auto gathering = Join(region, service, operation, batch->ids, id);
  if (gathering->answer) return Only(*gathering->answer, *batch, id);
  if (gathering->ids.size() == 1) return gathering->answer;
  return cloud_->Call(region, service, operation, request);
}

std::shared_ptr<BatchingCloud::Gathering> BatchingCloud::Join(std::string_view region, std::string_view service,
                                                              std::string_view operation, std::string_view ids_member,
                                                              const std::string& id) {
  const std::string key = std::string(region) + ' ' + std::string(service) + ' ' + std::string(operation);
  std::unique_lock lock(mutex_);
  auto& open = open_[key];
  const bool first = !open;
  if (first) open = std::make_shared<Gathering>();
  const auto mine = open;
  mine->ids.insert(id);
  const auto full = [&] { return mine->ids.size() >= limits_.most; };
  if (full()) open.reset();  // who comes now begins another one
  if (!first) {
    changed_.notify_all();
    changed_.wait(lock, [&] { return mine->done; });
    return mine;
  }
  changed_.wait_for(lock, limits_.window, full);
  if (open_[key] == mine) open_[key].reset();
  List ids;
  for (const auto& one : mine->ids) ids.emplace_back(one);
  lock.unlock();
  auto answer = cloud_->Call(region, service, operation, {{std::string(ids_member), std::move(ids)}});
  lock.lock();
  mine->answer = std::move(answer);
  mine->done = true;
  changed_.notify_all();
  return mine;
}

}  // namespace terrarium::provider
