#include "host/database/parameters.h"

#include <gtest/gtest.h>

namespace terrarium::database {
namespace {

Parameters Set(std::initializer_list<std::pair<const char*, const char*>> items) {
  Parameters out;
  for (const auto& [name, value] : items) out.emplace(*OptionName::From(name), *OptionValue::From(value));
  return out;
}

ParameterCatalog Catalog() {
  ParameterCatalog catalog;
  catalog.Add({.name = "max_connections", .type = "Integer", .least = "1", .most = "100000", .default_value = "151", .description = "d", .dynamic = true});
  catalog.Add({.name = "slow_query_log", .type = "Boolean", .least = "", .most = "", .default_value = "OFF", .description = "", .dynamic = true});
  catalog.Add({.name = "long_query_time", .type = "Numeric", .least = "0", .most = "31536000", .default_value = "10", .description = "", .dynamic = true});
  catalog.Add({.name = "sql_mode", .type = "Set", .least = "", .most = "", .default_value = "", .description = "", .dynamic = true});
  catalog.Add({.name = "performance_schema", .type = "Boolean", .least = "", .most = "", .default_value = "ON", .description = "", .dynamic = false});
  catalog.Add({.name = "innodb_log_buffer_size", .type = "Integer", .least = "262144", .most = "4294967295", .default_value = "", .description = "", .dynamic = true});
  catalog.Add({.name = "sync_binlog", .type = "Integer", .least = "0", .most = "1", .default_value = "1", .description = "", .dynamic = true});
  return catalog;
}

TEST(ParameterCatalog, RefusesByName) {
  const ParameterCatalog catalog = Catalog();
  EXPECT_TRUE(catalog.Check(Set({{"max_connections", "100"}, {"slow_query_log", "1"}, {"long_query_time", "0.5"}, {"innodb_log_buffer_size", "16M"}})));
  const std::pair<Parameters, ErrorKind> wrong[] = {
      {Set({{"max_connections", "0"}}), ErrorKind::kInvalid},         {Set({{"max_connections", "many"}}), ErrorKind::kInvalid},
      {Set({{"max_connections", "100001"}}), ErrorKind::kInvalid},    {Set({{"slow_query_log", "yes"}}), ErrorKind::kInvalid},
      {Set({{"no_such_thing", "1"}}), ErrorKind::kInvalid},           {Set({{"innodb_log_buffer_size", "1K"}}), ErrorKind::kInvalid},
      {Set({{"sync_binlog", "0"}}), ErrorKind::kUnsupported},         {Set({{"max_connections", "1; DROP"}}), ErrorKind::kInvalid},
  };
  for (const auto& [parameters, kind] : wrong) {
    const Status checked = catalog.Check(parameters);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, kind);
    EXPECT_NE(checked.error().message.find(parameters.begin()->first.text()), std::string::npos) << checked.error().message;
  }
}

TEST(ParameterCatalog, SurvivesBeingWrittenDown) {
  const auto back = ParameterCatalog::Read(Catalog().Write());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->Write(), Catalog().Write());
  EXPECT_TRUE(back->Find("max_connections")->dynamic);
  EXPECT_FALSE(ParameterCatalog::Read("[]"));
}

TEST(PlanParameterChange, DynamicOnesAtOnceOthersWithTheNextStart) {
  const Parameters before = Set({{"max_connections", "66"}, {"performance_schema", "OFF"}});
  const auto change = PlanParameterChange(Catalog(), before, before, Set({{"max_connections", "77"}, {"performance_schema", "ON"}, {"sql_mode", "ANSI,x'y"}}));
  ASSERT_EQ(change.at_once.size(), 2u);
  EXPECT_EQ(change.at_once[0].name, "max_connections");
  EXPECT_EQ(change.at_once[0].value, "77");
  EXPECT_EQ(change.at_once[1].name, "sql_mode");
  EXPECT_EQ(change.pending, std::vector<std::string>{"performance_schema"});
}

TEST(PlanParameterChange, WhatIsTakenBackReturnsToTheDefault) {
  const Parameters before = Set({{"max_connections", "77"}, {"performance_schema", "ON"}});
  const auto change = PlanParameterChange(Catalog(), before, before, {});
  ASSERT_EQ(change.at_once.size(), 1u);
  EXPECT_EQ(change.at_once[0].value, std::nullopt);
  EXPECT_EQ(change.pending, std::vector<std::string>{"performance_schema"});
}

TEST(PlanParameterChange, AStaticOneThatReturnsBeforeTheStartIsNotPending) {
  const Parameters started = Set({{"performance_schema", "OFF"}});
  EXPECT_TRUE(PlanParameterChange(Catalog(), started, started, started).pending.empty());
  EXPECT_TRUE(PlanParameterChange(Catalog(), started, started, started).at_once.empty());
}

}  // namespace
}  // namespace terrarium::database
