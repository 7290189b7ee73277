#include "host/database/spec.h"

#include <gtest/gtest.h>

#include <functional>


namespace terrarium::database {
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

TEST(ServerSpec, EachFieldIsChecked) {
  EXPECT_TRUE(Good().Check());
  const std::pair<const char*, std::function<void(ServerSpec&)>> wrong[] = {
      {"id", [](ServerSpec& s) { s.id = "../x"; }},
      {"id", [](ServerSpec& s) { s.id = ""; }},
      {"id", [](ServerSpec& s) { s.id = "UPPER"; }},
      {"engine_version", [](ServerSpec& s) { s.engine_version = "9.7"; }},
      {"engine_version", [](ServerSpec& s) { s.engine_version = "9.7.x"; }},
      {"network_namespace", [](ServerSpec& s) { s.network_namespace = "../../proc/1/ns/net"; }},
      {"address", [](ServerSpec& s) { s.address = "0.0.0.0"; }},
      {"address", [](ServerSpec& s) { s.address = "10.0.1.5,0.0.0.0"; }},
      {"address", [](ServerSpec& s) { s.address = "*"; }},
      {"port", [](ServerSpec& s) { s.port = 0; }},
      {"port", [](ServerSpec& s) { s.port = 65536; }},
      {"endpoint", [](ServerSpec& s) { s.endpoint = "a,IP:1.2.3.4"; }},
      {"endpoint", [](ServerSpec& s) { s.endpoint = "a\nb"; }},
      {"certificate_authority", [](ServerSpec& s) { s.certificate_authority = "../x"; }},
      {"memory_mib", [](ServerSpec& s) { s.memory_mib = 1; }},
      {"buffer_pool_mib", [](ServerSpec& s) { s.buffer_pool_mib = s.memory_mib + 1; }},
      {"max_connections", [](ServerSpec& s) { s.max_connections = 0; }},
      {"temporary_mib", [](ServerSpec& s) { s.temporary_mib = 0; }},
      {"server_id", [](ServerSpec& s) { s.server_id = 0; }},
      {"cpu_units", [](ServerSpec& s) { s.cpu_units = -1; }},
  };
  for (const auto& [field, change] : wrong) {
    ServerSpec spec = Good();
    change(spec);
    const Status checked = spec.Check();
    ASSERT_FALSE(checked) << field;
    EXPECT_EQ(checked.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(checked.error().message.find(field), std::string::npos) << checked.error().message;
  }
}

TEST(ServerSpec, SurvivesBeingWrittenDown) {
  const auto back = ServerSpec::FromJson(Good().ToJson());
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, Good());
  Json changed = Good().ToJson();
  changed.Set("address", "not one");
  EXPECT_FALSE(ServerSpec::FromJson(changed));
}

TEST(MasterAccount, FollowsTheRulesOfRds) {
  EXPECT_TRUE(CheckMasterUser("admin"));
  for (const char* bad : {"", "rdsadmin", "RdsAdmin", "root", "1a", "a'b", "a@b", "mysql.sys", "a-b", "123456789012345678901234567890123"}) {
    EXPECT_FALSE(CheckMasterUser(bad)) << bad;
  }
  EXPECT_TRUE(CheckMasterPassword("aA1!\\'`#"));
  for (const char* bad : {"", "short12", "with blank1", "with/slash", "with\"quote", "with@sign", "with\nline1"}) {
    const Status checked = CheckMasterPassword(bad);
    ASSERT_FALSE(checked);
    if (*bad == '\0') continue;
    EXPECT_EQ(checked.error().message.find(bad), std::string::npos) << "the text repeats the password";
  }
  EXPECT_FALSE(CheckMasterPassword(std::string(42, 'a')));
  EXPECT_TRUE(CheckDatabaseName("drupal"));
  for (const char* bad : {"", "mysql", "SYS", "a`b", "1a", "a b"}) EXPECT_FALSE(CheckDatabaseName(bad)) << bad;
}

}  // namespace
}  // namespace terrarium::database
