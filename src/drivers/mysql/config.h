#pragma once

#include <string>

#include "drivers/mysql/layout.h"
#include "drivers/mysql/program.h"
#include "drivers/mysql/my_cnf.h"
#include "host/database/spec.h"

namespace terrarium::mysql {

using database::ServerSpec;

// The server's option file. Nothing in it is secret. `paths` are absolute, without links.
std::string RenderConfig(const ServerSpec& spec, const ServerPaths& paths, const Program& program);

// The options that say where the program's own files are.
void SetProgramOptions(MyCnf& config, const Program& program);

// The two small files in the data folder that choose its keyring: name, content.
struct KeyringFiles {
  static constexpr const char* kManifestName = "mysqld.my";
  static constexpr const char* kConfigName = "component_keyring_file.cnf";
  static std::string Manifest();
  static std::string Config(const std::string& keyring, bool read_only);
};

}  // namespace terrarium::mysql
