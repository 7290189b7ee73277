#include "provider/goplugin/serve.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "provider/goplugin/certificate.h"
#include "provider/goplugin/handshake.h"
#include "provider/goplugin/lifetime.h"
#include "provider/goplugin/socket_directory.h"

namespace terrarium::provider {
namespace {

using namespace std::chrono_literals;

constexpr int kMaxReceive = 256 << 20;  // gRPC's 4 MiB would break large states

std::shared_ptr<grpc::ServerCredentials> Credentials(const Invitation& invitation, const Certificate& own) {
  if (invitation.client_certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = invitation.client_certificate;
  options.pem_key_cert_pairs.push_back({own.key_pem, own.pem});
  return grpc::SslServerCredentials(options);
}

// Server::Shutdown waits for running calls beyond its deadline, hence the watchdog.
[[noreturn]] void Exit(grpc::Server& server, SocketDirectory& directory) {
  directory.Remove();
  std::thread([] {
    std::this_thread::sleep_for(200ms);
    _exit(0);
  }).detach();
  server.Shutdown(std::chrono::system_clock::now() + 50ms);
  _exit(0);
}

}  // namespace

Result<void> Serve(grpc::Service& service) {
  TRY_ASSIGN(const Invitation invitation, ReadInvitation());
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C hits the whole process group; Terraform calls Stop
  std::signal(SIGPIPE, SIG_IGN);
  Certificate certificate;
  if (!invitation.client_certificate.empty()) {
    TRY_ASSIGN(certificate, MakeCertificate());
  }
  TRY_ASSIGN(SocketDirectory directory, SocketDirectory::Create());

  Lifetime lifetime;
  ControllerService controller(lifetime);
  StdioService stdio(lifetime);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + directory.Socket(), Credentials(invitation, certificate));
  builder.SetMaxReceiveMessageSize(kMaxReceive);
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&service);
  builder.RegisterService(&controller);
  builder.RegisterService(&stdio);
  const auto server = builder.BuildAndStart();
  if (!server) return Fail(ErrorKind::kUnavailable, "the plugin socket cannot be opened");

  Announce(directory.Socket(), certificate.announced);
  lifetime.WaitForEnd();
  Exit(*server, directory);
}

}  // namespace terrarium::provider
