#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

// Names, ids and ARNs of IAM: user guide, "IAM identifiers".
namespace terrarium::iam {

// "AROA" + 17 of A-Z2-7. Never reused.
std::string NewUniqueId(Random& random, std::string_view prefix);
// "AKIA" or "ASIA" + 16 characters that carry the account, as AWS's do.
std::string NewAccessKeyId(Random& random, std::string_view prefix, std::string_view account);
std::optional<std::string> AccountOfAccessKey(std::string_view access_key_id);
// 40 characters of the base64 alphabet.
std::string NewSecretKey(Random& random);

struct Arn {
  std::string_view service, region, account, resource;
  // Nothing unless it has six fields and the partition aws.
  static std::optional<Arn> Parse(std::string_view arn);
  // "role/a/b/web" → "role", "web".
  std::string_view type() const { return resource.substr(0, resource.find('/')); }
  std::string_view name() const { return resource.substr(resource.rfind('/') + 1); }
};

// "arn:aws:iam::" account ":" type path name, where path is "/" or "/x/".
std::string EntityArn(std::string_view account, std::string_view type, std::string_view path, std::string_view name);
// The ARN of a role's session: sts, without path.
std::string SessionArn(std::string_view account, std::string_view role_name, std::string_view session_name);

// ValidationError in the model's words; `member` is the parameter's name on the wire, first letter lower.
Status CheckName(std::string_view value, std::string_view member);
Status CheckPath(std::string_view value);
std::unexpected<Error> PatternError(std::string_view value, std::string_view member, std::string_view pattern);

}  // namespace terrarium::iam
