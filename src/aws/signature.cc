#include "aws/signature.h"

#include <vector>

#include "sigv4/signer.h"

namespace terrarium::aws {

void Sign(runtime::HttpCall& call, std::string_view host, const Credentials& credentials, std::string_view region,
          std::string_view service, UnixMillis now) {
  std::vector<sigv4::HeaderView> headers{{"Host", host}};
  headers.insert(headers.end(), call.headers.begin(), call.headers.end());
  const std::string_view target = call.target;
  const std::size_t question = target.find('?');
  sigv4::Request request;
  request.method = call.method;
  request.path = target.substr(0, question);
  request.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  request.headers = headers;
  request.body = call.body;
  sigv4::Signer signer({credentials.access_key, credentials.secret_key, credentials.token}, std::string(region), std::string(service));
  for (auto& header : signer.Sign(request, now)) call.headers.push_back(std::move(header));
}

}  // namespace terrarium::aws
