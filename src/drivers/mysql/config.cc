#include "drivers/mysql/config.h"

#include <algorithm>

#include "base/json.h"
#include "host/database/parameters.h"

namespace terrarium::mysql {
namespace {

// innodb_temp_data_file_path takes a path relative to the data folder only.
std::string RelativeToData(const std::string& data, const std::string& path) {
  std::string up;
  for (auto left = std::ranges::count(data, '/'); left > 0; --left) up += up.empty() ? ".." : "/..";
  return up + path;
}

}  // namespace

void SetProgramOptions(MyCnf& config, const Program& program) {
  config.Set("basedir", program.root + "/usr");
  config.Set("plugin_dir", program.root + "/usr/lib/mysql/plugin");
  config.Set("lc_messages_dir", program.root + "/usr/share/mysql");
  config.Set("character_sets_dir", program.root + "/usr/share/mysql/charsets");
  config.Set("mysqlx", "OFF");
  config.Set("secure_file_priv", "NULL");
  config.Set("persisted_globals_load", "OFF");
  config.Set("log_timestamps", "UTC");
}

std::string RenderConfig(const ServerSpec& spec, const ServerPaths& paths, const Program& program) {
  MyCnf config;
  SetProgramOptions(config, program);
  for (const auto& [name, value] : EffectiveParameters(spec)) config.Set(name, value);
  // The engine's own: last, so that nothing above can replace them.
  config.Set("datadir", paths.Data());
  config.Set("socket", paths.Socket());
  config.Set("pid_file", paths.PidFile());
  config.Set("init_file", paths.InitFile());
  config.Set("log_error", paths.ErrorLog());
  config.Set("general_log_file", paths.Logs() + "/general.log");
  config.Set("slow_query_log_file", paths.Logs() + "/slowquery.log");
  config.Set("log_output", "FILE");
  config.Set("tmpdir", paths.Temporary());
  config.Set("bind_address", spec.address);
  config.Set("port", std::to_string(spec.port));
  config.Set("server_id", std::to_string(spec.server_id));
  config.Set("skip_name_resolve", "ON");
  config.Set("host_cache_size", "0");
  config.Set("local_infile", "OFF");
  config.Set("partial_revokes", "ON");
  config.Set("disabled_storage_engines", "MyISAM,BLACKHOLE,FEDERATED,CSV,ARCHIVE,MERGE");
  config.Set("ssl_ca", paths.Tls() + "/ca.pem");
  config.Set("ssl_cert", paths.Tls() + "/server.pem");
  config.Set("ssl_key", paths.Tls() + "/server.key");
  config.Set("tls_version", "TLSv1.2,TLSv1.3");
  config.Set("auto_generate_certs", "OFF");
  config.Set("caching_sha2_password_auto_generate_rsa_keys", "OFF");
  config.Set("log_bin", paths.Binlog() + "/bin");
  config.Set("binlog_row_image", "FULL");
  config.Set("binlog_checksum", "CRC32");
  config.Set("max_binlog_size", "64M");
  config.Set("binlog_expire_logs_seconds", "86400");
  config.Set("sync_binlog", "1");
  config.Set("gtid_mode", "ON");
  config.Set("enforce_gtid_consistency", "ON");
  config.Set("log_replica_updates", "ON");
  config.Set("relay_log", paths.Relay() + "/relay");
  config.Set("relay_log_recovery", "ON");
  config.Set("skip_replica_start", "ON");
  config.Set("innodb_flush_log_at_trx_commit", "1");
  config.Set("innodb_flush_method", "O_DIRECT");
  config.Set("innodb_redo_log_capacity", "96M");
  config.Set("plugin_load_add", "mysql_clone.so");
  // Without these two, parts of encrypted tables are found in plain in the system tablespace and in temporary files.
  config.Set("innodb_change_buffering", "none");
  config.Set("innodb_temp_tablespaces_dir", paths.Temporary() + "/its");
  config.Set("innodb_temp_data_file_path", RelativeToData(paths.Data(), paths.Temporary()) + "/ibtmp1:12M:autoextend");
  if (spec.encrypted) {
    config.Set("default_table_encryption", "ON");
    config.Set("table_encryption_privilege_check", "ON");
    config.Set("innodb_redo_log_encrypt", "ON");
    config.Set("innodb_undo_log_encrypt", "ON");
    config.Set("binlog_encryption", "ON");
  }
  return config.Render();
}

std::string KeyringFiles::Manifest() { return "{\"components\":\"file://component_keyring_file\"}\n"; }

std::string KeyringFiles::Config(const std::string& keyring, bool read_only) {
  Json json;
  json.Set("path", keyring);
  json.Set("read_only", read_only);
  return json.Write() + "\n";
}

}  // namespace terrarium::mysql
