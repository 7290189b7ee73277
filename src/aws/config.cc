#include "aws/config.h"

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace terrarium::aws {
namespace {


std::string FirstOf(std::initializer_list<std::string> texts) {
  for (const auto& text : texts)
    if (!text.empty()) return text;
  return {};
}

std::string Key(const Sections& sections, const std::string& section, const std::string& key) {
  const auto found = sections.find(section);
  if (found == sections.end()) return {};
  const auto value = found->second.find(key);
  return value == found->second.end() ? std::string() : value->second;
}

// A file that is not there says nothing; so the SDKs see it.
void ReadInto(const std::string& path, Sections& out) {
  const auto text = ReadFile(path);
  if (!text) return;
  for (auto& [section, keys] : ParseSharedConfig(*text))
    for (auto& [key, value] : keys) out[section].insert_or_assign(key, std::move(value));
}

std::vector<std::string> Paths(const std::vector<std::string>& given, const Environment& environment,
                               const char* variable, const char* name) {
  if (!given.empty()) return given;
  if (std::string path = environment(variable); !path.empty()) return {path};
  const std::string home = environment("HOME");
  return home.empty() ? std::vector<std::string>() : std::vector<std::string>{home + "/.aws/" + name};
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
}

std::string ServiceKey(std::string_view service_id) { return ReplaceAll(ToLower(service_id), " ", "_"); }

Sections ParseSharedConfig(std::string_view text) {
  Sections out;
  std::map<std::string, std::string>* section = nullptr;
  std::string parent;
  for (const auto line : Split(text, '\n')) {
    std::string_view trimmed = Trim(line);
    if (trimmed.ends_with('\r')) trimmed.remove_suffix(1);
    if (trimmed.empty() || trimmed.starts_with('#') || trimmed.starts_with(';')) continue;
    if (trimmed.starts_with('[')) {
      const auto end = trimmed.find(']');
      section = &out[std::string(Trim(trimmed.substr(1, end == trimmed.npos ? end : end - 1)))];
      parent.clear();
      continue;
    }
    const auto equals = trimmed.find('=');
    if (!section || equals == trimmed.npos) continue;
    const std::string key(Trim(trimmed.substr(0, equals)));
    const std::string value(Trim(trimmed.substr(equals + 1)));
    const bool indented = line.starts_with(' ') || line.starts_with('\t');
    if (!indented) parent = value.empty() ? key : "";
    section->insert_or_assign(indented && !parent.empty() ? parent + "." + key : key, value);
  }
  return out;
}

Result<Config> ResolveConfig(const ClientOptions& options, const Environment& environment) {
  Sections config_file, credentials_file;
  for (const auto& path : Paths(options.config_files, environment, "AWS_CONFIG_FILE", "config"))
    ReadInto(path, config_file);
  for (const auto& path : Paths(options.credentials_files, environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials"))
    ReadInto(path, credentials_file);
  const std::string given = FirstOf({options.profile, environment("AWS_PROFILE"), environment("AWS_DEFAULT_PROFILE")});
  const std::string profile = FirstOf({given, "default"});
  const std::string section = profile == "default" ? profile : "profile " + profile;
  if (!given.empty() && !config_file.contains(section) && !credentials_file.contains(profile))
    return Fail(ErrorKind::kInvalid, "the profile \"" + profile + "\" is in no AWS configuration file");

  Config out;
  out.region = FirstOf({options.region, environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"),
                        Key(config_file, section, "region")});
  const auto from_file = [&](const Sections& sections, const std::string& name) {
    return Credentials{Key(sections, name, "aws_access_key_id"), Key(sections, name, "aws_secret_access_key"),
                       Key(sections, name, "aws_session_token")};
  };
  const Credentials from_environment{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                                     environment("AWS_SESSION_TOKEN")};
  // A profile that was named goes before keys of the environment; the parts of one source stay together.
  std::vector<Credentials> order{options.credentials};
  if (options.profile.empty()) order.push_back(from_environment);
  order.push_back(from_file(credentials_file, profile));
  order.push_back(from_file(config_file, section));
  for (const auto& one : order) {
    if (one.access_key.empty()) continue;
    out.credentials = one;
    break;
  }

  const std::string services = Key(config_file, section, "services");
  if (const auto found = config_file.find("services " + services); found != config_file.end())
    for (const auto& [key, url] : found->second)
      if (key.ends_with(".endpoint_url")) out.endpoints[key.substr(0, key.find('.'))] = url;
  out.endpoints[""] = FirstOf({environment("AWS_ENDPOINT_URL"), Key(config_file, section, "endpoint_url")});
  return out;
}

}  // namespace terrarium::aws
