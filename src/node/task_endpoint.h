#pragma once

#include <memory>
#include <string>

#include "node/world.h"
#include "wire/http_handler.h"

namespace terrarium::node {

// 169.254.170.2 of one VPC: task credentials (/v2/credentials/<id>) and metadata version 4 (/v4/<id>, /v4/<id>/task). Who asks is known by the
// socket, which tells the VPC, and by the source address, which the router does not let anyone forge; an id of another task is refused.
// Follows "Amazon ECS task metadata endpoint version 4" and "Task IAM role" of the ECS developer guide.
class TaskEndpoint final : public wire::HttpHandler {
 public:
  TaskEndpoint(std::string vpc, const std::unique_ptr<const World>& world) : vpc_(std::move(vpc)), world_(world) {}
  wire::BodyPlan Begin(const wire::RequestHead& head) override;
  void Handle(const wire::Request& request, wire::Responder responder) override;

 private:
  wire::Response Answer(const wire::RequestHead& head) const;

  std::string vpc_;
  const std::unique_ptr<const World>& world_;
};

}  // namespace terrarium::node
