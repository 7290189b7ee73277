#include "node/dns_server.h"

#include <sys/socket.h>

#include "node/dns_message.h"

namespace terrarium::node {

std::string AnswerDns(const World& world, std::string_view vpc, std::string_view query) {
  const auto question = ParseDnsQuestion(query);
  if (!question) return {};
  if (question->question_class != 1) return MakeDnsAnswer(*question, DnsCode::kRefused, {}, 0);
  const World::Addresses* found = world.FindName(vpc, question->name);
  if (found == nullptr) {
    // Below the zones that are ours a missing name is certain; elsewhere we do not know.
    const bool ours = question->name.ends_with(".amazonaws.com") || question->name.ends_with(".internal");
    return MakeDnsAnswer(*question, ours ? DnsCode::kNoSuchName : DnsCode::kRefused, {}, 0);
  }
  if (question->type != kDnsA) return MakeDnsAnswer(*question, DnsCode::kNoError, {}, 0);
  return MakeDnsAnswer(*question, DnsCode::kNoError, found->v4, found->ttl);
}

DnsServer::DnsServer(runtime::Loop& loop, UniqueFd socket, std::string vpc, const std::unique_ptr<const World>& world)
    : socket_(std::move(socket)), vpc_(std::move(vpc)), world_(world) {
  watch_ = loop.Add(socket_.get(), runtime::Interest::kRead, [this](runtime::Ready) { OnReadable(); });
}

void DnsServer::OnReadable() {
  for (int i = 0; i < 64; ++i) {
    char buffer[1500];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    if (world_ == nullptr) continue;
    const std::string answer = AnswerDns(*world_, vpc_, {buffer, static_cast<std::size_t>(got)});
    if (!answer.empty()) ::sendto(socket_.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&from), size);
  }
}

}  // namespace terrarium::node
