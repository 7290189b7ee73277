#include "suites.h"

#include "base/file.h"
#include "base/text.h"

namespace terrarium::gen {
extern const codec::Service* const k_aws_query[];
extern const codec::Service* const k_ec2_query[];
extern const codec::Service* const k_aws_json[];
extern const codec::Service* const k_rest_json[];
}  // namespace terrarium::gen

namespace terrarium::vectors {

Result<std::vector<Case>> LoadCases(const std::string& folder) {
  const std::pair<std::string, const codec::Service* const*> files[] = {
      {"aws_query", gen::k_aws_query}, {"ec2_query", gen::k_ec2_query}, {"aws_json", gen::k_aws_json}, {"rest_json", gen::k_rest_json}};
  std::vector<Case> out;
  for (const auto& [protocol, services] : files) {
    TRY_ASSIGN(const std::string text, ReadFile(folder + "/" + protocol + ".json"));
    TRY_ASSIGN(const Json suites, Json::Parse(text));
    const codec::Service* const* service = services;
    for (const Json& suite : suites.array()) {
      if (*service == nullptr || (*service)->name != suite["name"].string()) return Fail(ErrorKind::kInvalid, "the tables of " + protocol + " are of another file");
      for (const Json& one : suite["cases"].array()) {
        const std::string& operation = one["operation"].string();
        out.push_back({protocol, one["id"].string(), *service, (*service)->Find(operation), suite["operations"][operation], one});
      }
      ++service;
    }
  }
  return out;
}

Result<std::map<std::string, std::string>> LoadLeftOut(const std::string& folder) {
  TRY_ASSIGN(const std::string text, ReadFile(folder + "/left_out.txt"));
  std::map<std::string, std::string> out;
  std::string reason;
  for (const std::string_view line : Split(text, '\n')) {
    if (line.empty()) continue;
    if (line.starts_with("# ")) reason = line.substr(2);
    else if (reason.empty() || !out.emplace(line, reason).second) return Fail(ErrorKind::kInvalid, "left_out.txt: without a reason, or twice: " + std::string(line));
  }
  return out;
}

}  // namespace terrarium::vectors
