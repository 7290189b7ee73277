#include "api/registry.h"

#include <algorithm>

#include "base/check.h"

namespace terrarium::api {

void Registry::AddService(const codec::Service& service) {
  if (std::find(services_.begin(), services_.end(), &service) == services_.end()) services_.push_back(&service);
}

void Registry::AddRow(OperationRow row) {
  AddService(*row.service);
  TERRARIUM_CHECK(by_operation_.emplace(row.operation, rows_.size()).second);
  rows_.push_back(std::move(row));
}

const codec::Service* Registry::FindService(std::string_view signing_name) const {
  for (const codec::Service* service : services_)
    if (service->signing_name == signing_name) return service;
  return nullptr;
}

const OperationRow* Registry::Find(const codec::Service& service, std::string_view operation) const {
  const codec::Operation* found = service.Find(operation);
  if (found == nullptr) return nullptr;
  const auto row = by_operation_.find(found);
  return row == by_operation_.end() ? nullptr : &rows_[row->second];
}

}  // namespace terrarium::api
