// The program of the test image: one static file, an HTTP server that shows what a container is given and ends as a good container does.
//
//   server [listen | exit CODE | print COUNT | fill MIB | wait | write PATH TEXT]
//
// listen (the default) serves PORT (80):
//   GET /            who answers        GET /health      200
//   GET /slow?MS     answers after MS   GET /env?NAME    the variable's value, 404 without one
//   GET /print?TEXT  writes a line      GET /fill?MIB    takes memory and keeps it
//   GET /exit?CODE   ends at once       GET /file?PATH   the file's content
// SIGTERM and SIGWINCH drain: no new connection, what is under way is answered, exit 0.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<int> active{0};
std::atomic<bool> draining{false};
int signal_pipe[2];

void Fill(long mib) {
  for (long i = 0; i < mib; ++i) {
    auto* block = static_cast<volatile char*>(std::malloc(1 << 20));
    if (block == nullptr) return;
    for (long at = 0; at < (1 << 20); at += 4096) block[at] = 1;
  }
}

void SendAll(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes += n;
    size -= static_cast<size_t>(n);
  }
}

void Answer(int fd, int status, const char* body, size_t size) {
  char head[200];
  const int n = snprintf(head, sizeof head, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n", status,
                         status == 200 ? "OK" : "Not Found", size);
  SendAll(fd, head, static_cast<size_t>(n));
  SendAll(fd, body, size);
}
void Answer(int fd, int status, const char* body) { Answer(fd, status, body, strlen(body)); }

bool Is(const char* path, const char* name) {
  const size_t n = strlen(name);
  return strncmp(path, name, n) == 0 && (path[n] == '\0' || path[n] == '?');
}

void Serve(int fd) {
  char request[4096];
  size_t have = 0;
  while (have < sizeof request - 1) {
    const ssize_t n = recv(fd, request + have, sizeof request - 1 - have, 0);
    if (n <= 0) return;
    have += static_cast<size_t>(n);
    request[have] = '\0';
    if (strstr(request, "\r\n\r\n") != nullptr) break;
  }
  char* path = strchr(request, ' ');
  if (path == nullptr) return;
  char* end = strchr(++path, ' ');
  if (end == nullptr) return;
  *end = '\0';
  const char* query = strchr(path, '?');
  query = query == nullptr ? "" : query + 1;
  if (Is(path, "/health")) {
    Answer(fd, 200, "healthy\n");
  } else if (Is(path, "/slow")) {
    usleep(static_cast<useconds_t>(atol(query)) * 1000);
    Answer(fd, 200, "slow\n");
  } else if (Is(path, "/env")) {
    const char* value = getenv(query);
    Answer(fd, value == nullptr ? 404 : 200, value == nullptr ? "" : value);
  } else if (Is(path, "/print")) {
    printf("%s\n", query);
    Answer(fd, 200, "printed\n");
  } else if (Is(path, "/fill")) {
    Fill(atol(query));
    Answer(fd, 200, "filled\n");
  } else if (Is(path, "/exit")) {
    _exit(atoi(query));
  } else if (Is(path, "/file")) {
    static char content[1 << 16];
    const int file = open(query, O_RDONLY);
    const ssize_t n = file < 0 ? -1 : read(file, content, sizeof content);
    if (n < 0) Answer(fd, 404, strerror(errno));
    else Answer(fd, 200, content, static_cast<size_t>(n));
    if (file >= 0) close(file);
  } else if (Is(path, "/")) {
    char host[256] = "", body[400];
    gethostname(host, sizeof host);
    snprintf(body, sizeof body, "hello from %s revision %s\n", host, getenv("REVISION") == nullptr ? "-" : getenv("REVISION"));
    Answer(fd, 200, body);
  } else {
    Answer(fd, 404, "no such path\n");
  }
}

void* Connection(void* argument) {
  const int fd = static_cast<int>(reinterpret_cast<long>(argument));
  Serve(fd);
  shutdown(fd, SHUT_WR);
  close(fd);
  --active;
  return nullptr;
}

void OnSignal(int) {
  draining = true;
  if (write(signal_pipe[1], "x", 1) < 0) _exit(1);
}

int Listen() {
  const char* port = getenv("PORT");
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port == nullptr ? 80 : atoi(port)));
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 1024) != 0) {
    fprintf(stderr, "cannot listen: %s\n", strerror(errno));
    return 1;
  }
  printf("listening on %d\n", ntohs(address.sin_port));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  while (true) {
    pollfd fds[2] = {{listener, POLLIN, 0}, {signal_pipe[0], POLLIN, 0}};
    poll(fds, 2, draining ? 10 : -1);
    // Connections that the kernel has accepted are answered too.
    for (int fd; (fd = accept4(listener, nullptr, nullptr, 0)) >= 0;) {
      ++active;
      pthread_t thread;
      if (pthread_create(&thread, &attributes, Connection, reinterpret_cast<void*>(static_cast<long>(fd))) != 0) {
        close(fd);
        --active;
      }
    }
    if (draining && active == 0) break;
  }
  printf("drained\n");
  return 0;
}

}  // namespace

int main(int count, char** values) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  if (pipe(signal_pipe) != 0) return 1;
  const char* mode = count > 1 ? values[1] : "listen";
  const long number = count > 2 ? atol(values[2]) : 0;
  if (strcmp(mode, "exit") == 0) return static_cast<int>(number);
  if (strcmp(mode, "print") == 0) {
    for (long i = 0; i < number; ++i) {
      printf("line %ld\n", i);
      if (i % 10 == 9) fprintf(stderr, "error %ld\n", i);
    }
    printf("end without a line break");
    return 0;
  }
  if (strcmp(mode, "fill") == 0) {
    Fill(number);
    printf("filled\n");
    return 0;
  }
  if (strcmp(mode, "reopen") == 0) {  // as servers do whose log's file name is /dev/stderr
    for (const char* name : {"/dev/stdout", "/dev/stderr"}) {
      if (open(name, O_WRONLY | O_APPEND) < 0) return 1;
    }
    return 0;
  }
  if (strcmp(mode, "write") == 0 && count > 3) {  // ends with the number of what went wrong
    const int fd = open(values[2], O_WRONLY | O_CREAT | O_TRUNC, 0640);
    const size_t size = strlen(values[3]);
    return fd >= 0 && write(fd, values[3], size) == static_cast<ssize_t>(size) ? 0 : errno;
  }
  if (strcmp(mode, "wait") == 0) {  // deaf to SIGTERM
    signal(SIGTERM, SIG_IGN);
    printf("waiting\n");
    while (true) pause();
  }
  struct sigaction action{};
  action.sa_handler = OnSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGWINCH, &action, nullptr);
  return Listen();
}
