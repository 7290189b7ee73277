#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "drivers/mysql/layout.h"
#include "host/database/spec.h"

namespace terrarium::mysql {

using database::ServerSpec;

// The certificate of the authority, which is made at its first use.
Result<std::string> EnsureAuthority(const Layout& layout, const std::string& name, UnixMillis now, Random& random);

// A certificate that fits the server's endpoint and address; a new one where the old does not, or ends within thirty days.
// True if the files changed.
Result<bool> EnsureServerCertificate(const Layout& layout, const ServerPaths& paths, const ServerSpec& spec, uid_t user, UnixMillis now, Random& random);

}  // namespace terrarium::mysql
