#include "drivers/mysql/config.h"

#include <gtest/gtest.h>

#include "drivers/mysql/record.h"
#include "host/database/parameters.h"

namespace terrarium::mysql {
namespace {

ServerSpec Good() {
  ServerSpec spec;
  spec.id = "db-1";
  spec.engine_version = "9.7.4";
  spec.network_namespace = "trm-t0-eni1";
  spec.address = "10.0.1.5";
  spec.endpoint = "db-1.abc.eu-central-1.rds.example";
  spec.certificate_authority = "eu-central-1";
  spec.parameters.emplace(*OptionName::From("transaction_isolation"), *OptionValue::From("READ-COMMITTED"));
  return spec;
}

TEST(Record, SurvivesBeingWrittenDown) {
  Record record{.spec = Good(), .user = 410'001, .wanted_running = false, .initialized = true, .started = Good(), .running = Good().parameters, .started_at = 7};
  const auto back = Record::Read(record.Write());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->Write(), record.Write());
  EXPECT_EQ(back->started->parameters, record.running);
  record.user = 0;
  EXPECT_FALSE(Record::Read(record.Write())) << "root must not run a server";
  EXPECT_FALSE(Record::Read("{"));
}

Program SomeProgram() { return {.version = "9.7.4", .content = "c", .root = "/r", .environment = {}, .server = {}, .client = {}, .time_zones = {}}; }

TEST(RenderConfig, TheEnginesOwnOptionsWin) {
  ServerSpec spec = Good();
  for (const char* name : {"datadir", "bind_address", "sync_binlog", "ssl_key", "plugin_load_add", "log_bin"}) {
    EXPECT_FALSE(database::IsModifiable(name)) << name;
    spec.parameters.insert_or_assign(*OptionName::From(name), *OptionValue::From("hijacked"));
  }
  const std::string text = RenderConfig(spec, ServerPaths({"/s", "/r"}, "db-1"), SomeProgram());
  for (const char* name : {"datadir", "bind_address", "sync_binlog", "ssl_key", "log_bin"}) {
    EXPECT_GT(text.rfind("\n" + std::string(name) + "="), text.rfind("hijacked")) << name;
  }
}

TEST(RenderConfig, ParametersReplaceTheDefaultsOfTheClass) {
  ServerSpec spec = Good();
  EXPECT_EQ(database::EffectiveParameters(spec).at(*OptionName::From("max_connections")).text(), "66");
  spec.parameters.insert_or_assign(*OptionName::From("max_connections"), *OptionValue::From("77"));
  EXPECT_EQ(database::EffectiveParameters(spec).at(*OptionName::From("max_connections")).text(), "77");
  const std::string text = RenderConfig(spec, ServerPaths({"/s", "/r"}, "db-1"), SomeProgram());
  EXPECT_NE(text.find("max_connections=\"77\""), std::string::npos);
  EXPECT_EQ(text.find("max_connections=\"66\""), std::string::npos);
}

TEST(RenderConfig, EncryptionComesWithWhatWouldLeakWithoutIt) {
  ServerSpec spec = Good();
  spec.encrypted = true;
  const std::string text = RenderConfig(spec, ServerPaths({"/var/s", "/r"}, "db-1"), SomeProgram());
  for (const char* line : {"default_table_encryption=\"ON\"", "innodb_redo_log_encrypt=\"ON\"", "innodb_undo_log_encrypt=\"ON\"", "binlog_encryption=\"ON\"",
                           "innodb_change_buffering=\"none\"", "tmpdir=\"/r/mysql/db-1/tmp\"", "innodb_temp_tablespaces_dir=\"/r/mysql/db-1/tmp/its\"",
                           "innodb_temp_data_file_path=\"../../../../../../r/mysql/db-1/tmp/ibtmp1:12M:autoextend\""}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace terrarium::mysql
