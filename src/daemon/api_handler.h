#pragma once

#include "api/dispatcher.h"
#include "wire/http_handler.h"

namespace terrarium::daemon {

// The AWS API on the engine's port: whole requests to the dispatcher, answers at the end of the turn.
class ApiHandler final : public wire::HttpHandler {
 public:
  explicit ApiHandler(api::Dispatcher& dispatcher) : dispatcher_(dispatcher) {}
  wire::BodyPlan Begin(const wire::RequestHead& head) override;
  void Handle(const wire::Request& request, wire::Responder responder) override;
  wire::Response LostTurn(const wire::Response& lost) override;

 private:
  api::Dispatcher& dispatcher_;
};

}  // namespace terrarium::daemon
