#include "provider/goplugin/socket_directory.h"

#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

namespace terrarium::provider {

Result<SocketDirectory> SocketDirectory::Create() {
  const char* base = std::getenv("TMPDIR");
  std::string path = std::string(base && *base ? base : "/tmp") + "/tfp-XXXXXX";
  if (path.size() + 3 > sizeof(sockaddr_un::sun_path)) path = "/tmp/tfp-XXXXXX";
  if (!mkdtemp(path.data())) return Fail(ErrorKind::kUnavailable, "no directory for the plugin socket");
  return SocketDirectory(std::move(path));
}

void SocketDirectory::Remove() {
  if (path_.empty()) return;
  unlink(Socket().c_str());
  rmdir(path_.c_str());
  path_.clear();
}

}  // namespace terrarium::provider
