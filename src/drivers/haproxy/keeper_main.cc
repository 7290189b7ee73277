// terrarium-keeper: keeps one program running that it alone may replace, with the listening sockets that both inherited. It lives as the program's own
// user in the program's own namespace, needs nobody else, and so brings a dead load balancer back while terrariumd and terrarium-host are away:
// who connects meanwhile waits in the sockets' queues.
//
//   terrarium-keeper PROGRAM [ARGUMENT…]
//
// A program that ends is started again, at once and then more and more slowly. SIGUSR1 is the program's: it is to finish, and is not started again. SIGTERM ends both.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace {

constexpr long kShortest = 20, kLongest = 5'000, kGoodLife = 10'000;  // ms

long Now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

pid_t Start(char** argv, const sigset_t& mask) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  ::execv(argv[0], argv);
  ::_exit(127);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: terrarium-keeper PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  sigset_t waited, before;
  ::sigemptyset(&waited);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGUSR1}) ::sigaddset(&waited, signal);
  ::sigprocmask(SIG_BLOCK, &waited, &before);

  bool finishing = false;
  long pause = kShortest;
  while (true) {
    const long begun = Now();
    const pid_t program = Start(argv + 1, before);
    bool ended = program < 0;
    while (!ended) {
      siginfo_t what{};
      const int signal = ::sigwaitinfo(&waited, &what);
      if (signal == SIGTERM || signal == SIGINT) {
        ::kill(program, SIGKILL);
        ::waitpid(program, nullptr, 0);
        return 0;
      }
      if (signal == SIGUSR1) {
        finishing = true;
        ::kill(program, SIGUSR1);
        // Somebody else accepts from these sockets by now, or nobody does: connections must not wait here.
        ::syscall(SYS_close_range, 3u, ~0u, 0u);
      }
      ended = ::waitpid(program, nullptr, WNOHANG) == program;
    }
    if (finishing) return 0;
    pause = Now() - begun >= kGoodLife ? kShortest : std::min(2 * pause, kLongest);
    const timespec rest{pause / 1000, pause % 1000 * 1'000'000};
    sigset_t stop = waited;
    ::sigdelset(&stop, SIGCHLD);
    if (::sigtimedwait(&stop, nullptr, &rest) > 0) return 0;
  }
}
