#include "prove/net/mysql.h"

#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string_view>

namespace terrarium::prove {
namespace {

constexpr std::uint32_t kLongPassword = 1, kProtocol41 = 0x200, kSsl = 0x800, kSecureConnection = 0x8000, kPluginAuth = 0x80000;
constexpr std::size_t kMostPacket = 1 << 20;

struct SslFree {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};

// Packets over a socket, later over TLS on it.
class Talk {
 public:
  explicit Talk(UniqueFd socket) : socket_(std::move(socket)) {}

  Status StartTls() {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (context_) ssl_.reset(SSL_new(context_.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), socket_.get()) != 1 || SSL_connect(ssl_.get()) != 1) return Fail(ErrorKind::kUnavailable, "the TLS handshake with the database failed");
    return {};
  }
  std::string TlsVersion() const { return ssl_ ? SSL_get_version(ssl_.get()) : ""; }

  Status Send(std::string_view payload) {
    std::string packet(4, '\0');
    for (int i = 0; i < 3; ++i) packet[static_cast<std::size_t>(i)] = static_cast<char>(payload.size() >> (8 * i));
    packet[3] = static_cast<char>(next_++);
    packet += payload;
    for (std::size_t at = 0; at < packet.size();) {
      const auto n = ssl_ ? SSL_write(ssl_.get(), packet.data() + at, static_cast<int>(packet.size() - at))
                          : ::send(socket_.get(), packet.data() + at, packet.size() - at, MSG_NOSIGNAL);
      if (n <= 0) return Fail(ErrorKind::kUnavailable, "the database closed the connection");
      at += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<std::string> Receive() {
    TRY_ASSIGN(const std::string head, Read(4));
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(head[i])); };
    const std::size_t size = byte(0) | byte(1) << 8 | byte(2) << 16;
    next_ = static_cast<unsigned char>(byte(3) + 1);
    if (size > kMostPacket) return Fail(ErrorKind::kUnavailable, "what answers there is no MySQL server");
    return Read(size);
  }

 private:
  Result<std::string> Read(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t at = 0; at < size;) {
      const auto n = ssl_ ? SSL_read(ssl_.get(), out.data() + at, static_cast<int>(size - at)) : ::recv(socket_.get(), out.data() + at, size - at, 0);
      if (n <= 0) return Fail(ErrorKind::kUnavailable, "the database closed the connection");
      at += static_cast<std::size_t>(n);
    }
    return out;
  }

  UniqueFd socket_;
  std::unique_ptr<SSL_CTX, SslFree> context_{};
  std::unique_ptr<SSL, SslFree> ssl_{};
  unsigned char next_ = 0;
};

std::string Little(std::uint32_t n) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(n >> (8 * i));
  return out;
}

std::string Sha256(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data());
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string Scramble(const std::string& password, const std::string& nonce) {
  if (password.empty()) return {};
  std::string once = Sha256(password);
  const std::string mask = Sha256(Sha256(once) + nonce);
  for (std::size_t i = 0; i < once.size(); ++i) once[i] = static_cast<char>(once[i] ^ mask[i]);
  return once;
}

}  // namespace

Result<LoginAnswer> LogIn(UniqueFd socket, const std::string& user, const std::string& password, Tls tls) {
  Talk talk(std::move(socket));
  TRY_ASSIGN(const std::string greeting, talk.Receive());
  LoginAnswer out;
  const std::size_t end = greeting.find('\0', 1);
  if (greeting.empty() || greeting[0] != 10 || end == std::string::npos || greeting.size() < end + 45) return Fail(ErrorKind::kUnavailable, "what answers there is no MySQL server");
  out.version = greeting.substr(1, end - 1);
  // Two parts of the nonce, with a filler, flags and ten bytes of nothing between them.
  const std::string nonce = greeting.substr(end + 5, 8) + greeting.substr(end + 32, 12);

  const std::uint32_t flags = kLongPassword | kProtocol41 | kSecureConnection | kPluginAuth | (tls == Tls::kYes ? kSsl : 0);
  const std::string head = Little(flags) + Little(1 << 24) + '\x2d' + std::string(23, '\0');
  if (tls == Tls::kYes) {
    TRY(talk.Send(head));
    TRY(talk.StartTls());
    out.tls = talk.TlsVersion();
  }
  const std::string proof = Scramble(password, nonce);
  TRY(talk.Send(head + user + '\0' + static_cast<char>(proof.size()) + proof + "caching_sha2_password" + '\0'));
  for (int step = 0; step < 4; ++step) {
    TRY_ASSIGN(const std::string answer, talk.Receive());
    const auto kind = answer.empty() ? -1 : static_cast<unsigned char>(answer[0]);
    if (kind == 0) {
      out.accepted = true;
      return out;
    }
    if (kind == 0xff && answer.size() >= 3) {
      out.error = static_cast<unsigned char>(answer[1]) | static_cast<unsigned char>(answer[2]) << 8;
      out.message = answer.substr(answer.size() > 9 && answer[3] == '#' ? 9 : 3);
      return out;
    }
    if (kind == 1 && answer.size() == 2 && answer[1] == 3) continue;  // known by its proof; the confirmation follows
    if (kind == 1 && answer.size() == 2 && answer[1] == 4) {          // it wants the password itself, which only TLS may carry
      if (tls == Tls::kNo) {
        out.message = "the server asks for the password itself";
        return out;
      }
      TRY(talk.Send(password + '\0'));
      continue;
    }
    break;
  }
  return Fail(ErrorKind::kUnavailable, "the database's login takes a way that is not known here");
}

}  // namespace terrarium::prove
