#include "prove/claims/claims.h"

namespace terrarium::prove {
namespace {

constexpr Claim kClaims[] = {
    {"isolation", "A packet arrives where the security groups of both ends allow it, and nowhere else", false, &ProveIsolation},
    {"db-isolation", "The database lets in the stack's tasks over TLS, and nobody else", false, &ProveDatabaseIsolation},
    {"least-privilege", "Each role has what its work needs: without any one permission that work is refused, by the permission's name", false, &ProveLeastPrivilege},
    {"task-kill", "A task whose process dies is replaced, and the new one becomes healthy", false, &ProveTaskKill},
    {"daemon-kill", "The engine may die: tasks and requests do not notice, and its restart adopts what runs", false, &ProveDaemonKill},
    {"deploy", "A deployment loses no request, even when the engine dies or hangs in the middle of it", false, &ProveDeploy},
    {"clean-destroy", "Destroying the stack leaves nothing of it on the machine", true, &ProveCleanDestroy},
};

}  // namespace

std::span<const Claim> Claims() { return kClaims; }

}  // namespace terrarium::prove
