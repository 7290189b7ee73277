#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "codec/descriptor.h"

namespace terrarium::vectors {

// One case of a suite, with the tables made of the suite's model.
struct Case {
  std::string protocol;  // the file's name
  std::string id;
  const codec::Service* service;
  const codec::Operation* operation;
  Json given;   // the operation as the suite's model has it
  Json values;  // what the case says
};

Result<std::vector<Case>> LoadCases(const std::string& folder);

// left_out.txt: "# reason" and below it "SIDE request|response|malformed ID" for each case that does not hold. The reason by that key.
Result<std::map<std::string, std::string>> LoadLeftOut(const std::string& folder);

}  // namespace terrarium::vectors
