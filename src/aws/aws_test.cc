#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "aws/client.h"
#include "aws/protocol.h"
#include "aws/signature.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "gen/ec2/types.h"
#include "gen/ecs/types.h"
#include "gen/efs/types.h"
#include "gen/iam/types.h"

namespace terrarium::aws {
namespace {

Environment Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) {
    const auto it = variables.find(name);
    return it == variables.end() ? std::string() : it->second;
  };
}

// The worked example of AWS's documentation of Signature Version 4.
TEST(Signature, IsThatOfTheDocumentedExample) {
  runtime::HttpCall call{.method = "GET", .target = "/?Action=ListUsers&Version=2010-05-08"};
  call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  Sign(call, "iam.amazonaws.com", {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}, "us-east-1", "iam",
       *ParseIso8601("20150830T123600Z"));
  EXPECT_EQ(call.headers.back().second,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(Signature, SignsTheTokenAndSortsTheQuery) {
  const auto signature = [](std::string target, std::string token) {
    runtime::HttpCall call{.method = "GET", .target = std::move(target)};
    Sign(call, "h", {"A", "S", std::move(token)}, "r", "s", 0);
    return call.headers.back().second;
  };
  EXPECT_EQ(signature("/?b=2&a=1", ""), signature("/?a=1&b=2", ""));
  EXPECT_NE(signature("/", ""), signature("/", "t"));
  EXPECT_TRUE(signature("/", "t").contains("x-amz-security-token"));
}

TEST(Config, EnvironmentGoesBeforeTheFiles) {
  const auto config = ResolveConfig({}, Variables({{"AWS_REGION", "eu-west-1"},
                                                   {"AWS_ACCESS_KEY_ID", "A"},
                                                   {"AWS_SECRET_ACCESS_KEY", "S"},
                                                   {"AWS_ENDPOINT_URL", "http://127.0.0.1:4566"}}));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->region, "eu-west-1");
  EXPECT_EQ(config->credentials.secret_key, "S");
  EXPECT_EQ(config->endpoints.at(""), "http://127.0.0.1:4566");
}

TEST(Config, FilesHaveSectionsAndIndentedServices) {
  const auto sections = ParseSharedConfig("# note\n[default]\nregion = a\n[profile x]\r\nservices = local\nregion=b\n"
                                          "[services local]\nec2 =\n  endpoint_url = http://ec2\nkms =\n  endpoint_url = http://kms\n");
  EXPECT_EQ(sections.at("default").at("region"), "a");
  EXPECT_EQ(sections.at("profile x").at("region"), "b");
  EXPECT_EQ(sections.at("services local").at("ec2.endpoint_url"), "http://ec2");
  EXPECT_EQ(sections.at("services local").at("kms.endpoint_url"), "http://kms");
  EXPECT_FALSE(ResolveConfig({.profile = "nobody"}, Variables({})));
}

TEST(Client, SaysWhatIsMissing) {
  const SystemClock clock;
  const auto no_region = Client::Open({}, clock, Variables({}));
  ASSERT_FALSE(no_region);
  EXPECT_TRUE(no_region.error().message.contains("AWS_REGION"));
  const auto no_keys = Client::Open({.region = "eu-west-1"}, clock, Variables({}));
  ASSERT_FALSE(no_keys);
  EXPECT_TRUE(no_keys.error().message.contains("AWS_ACCESS_KEY_ID"));
  const auto client = Client::Open({.region = "eu-west-1", .credentials = {"A", "S", ""}}, clock, Variables({}));
  ASSERT_TRUE(client);
  EXPECT_TRUE((*client)->CallJson("ec2", "DescribeVpcs", "{}").error().message.contains("AWS_ENDPOINT_URL"));
  EXPECT_TRUE((*client)->CallJson("ec2", "MakeVpc", "{}").error().message.contains("MakeVpc"));
  EXPECT_TRUE((*client)->CallJson("ec2", "DescribeVpcs", R"({"VpcIdz":[]})").error().message.contains("VpcIdz"));
}

// Answers one request on each connection with `answer`, from when it is opened.
class LateServer {
 public:
  explicit LateServer(std::string answer) : answer_(std::move(answer)) {
    socket_.Reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~LateServer() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  void Open() {
    if (thread_.joinable()) return;
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    thread_ = std::thread([this] {
      for (;;) {
        UniqueFd client(::accept(socket_.get(), nullptr, nullptr));
        if (!client) return;
        char head[4096];
        if (::recv(client.get(), head, sizeof head, 0) <= 0) continue;
        ++requests;
        ::send(client.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
    });
  }
  std::string url;
  std::atomic<int> requests = 0;

 private:
  const std::string answer_;
  UniqueFd socket_;
  std::thread thread_{};
};

std::unique_ptr<Client> ClientOf(LateServer& server, std::function<bool()> stopped) {
  static const SystemClock clock;
  auto client = Client::Open({.region = "us-east-1", .credentials = {"AKIAEXAMPLE", "secret", ""}, .endpoints = {{"sts", server.url}, {"ecs", server.url}}, .config_files = {"/none"}, .credentials_files = {"/none"}, .stopped = std::move(stopped)},
                             clock, Variables({}));
  EXPECT_TRUE(client);
  return *std::move(client);
}

TEST(Client, RepeatsWhatNobodyHasHeard) {
  LateServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
  int asked = 0;
  // Between two attempts the server begins to listen.
  const auto client = ClientOf(server, [&] {
    if (++asked > 1) server.Open();
    return false;
  });
  EXPECT_TRUE(client->CallJson("ecs", "CreateCluster", "{}", ""));
  EXPECT_EQ(server.requests, 1);
}

TEST(Client, AnAnswerThatDoesNotComeIsAskedForAgainOnlyWhereTwiceIsAsOnce) {
  LateServer server("HTTP/1.1 200 OK\r\n");
  server.Open();
  const auto client = ClientOf(server, {});
  EXPECT_FALSE(client->CallJson("ecs", "CreateCluster", "{}", ""));
  EXPECT_EQ(server.requests, 1);
  EXPECT_FALSE(client->CallJson("ecs", "ListClusters", "{}", ""));
  EXPECT_EQ(server.requests, 1 + 4);
}

template <class Op>
runtime::HttpCall Encoded(const typename Op::Request& request) {
  auto call = EncodeCall(Op::service(), Op::service().operations[Op::kIndex], &request);
  EXPECT_TRUE(call) << call.error().message;
  return call ? *call : runtime::HttpCall();
}

TEST(Protocol, RequestsOfEachKind) {
  Arena arena;
  gen::ec2::DescribeVpcsRequest vpcs;
  vpcs.vpc_ids.Add(arena, "vpc-1");
  EXPECT_EQ(Encoded<gen::ec2::ops::DescribeVpcs>(vpcs).body, "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1");
  gen::iam::GetRoleRequest role;
  role.role_name = "web";
  EXPECT_EQ(Encoded<gen::iam::ops::GetRole>(role).body, "Action=GetRole&Version=2010-05-08&RoleName=web");
  gen::ecs::DescribeClustersRequest clusters;
  clusters.clusters.Add(arena, "c");
  const auto json = Encoded<gen::ecs::ops::DescribeClusters>(clusters);
  EXPECT_EQ(json.body, R"({"clusters":["c"]})");
  EXPECT_EQ(json.headers.back().second, "AmazonEC2ContainerServiceV20141113.DescribeClusters");
  gen::efs::UpdateFileSystemRequest update;
  update.file_system_id = "fs-1/x";
  update.throughput_mode = "bursting";
  const auto rest = Encoded<gen::efs::ops::UpdateFileSystem>(update);
  EXPECT_EQ(rest.method, "PUT");
  EXPECT_EQ(rest.target, "/2015-02-01/file-systems/fs-1%2Fx");
  EXPECT_EQ(rest.body, R"({"ThroughputMode":"bursting"})");
  gen::efs::DescribeFileSystemsRequest files;
  files.file_system_id = "fs-1";
  EXPECT_EQ(Encoded<gen::efs::ops::DescribeFileSystems>(files).target, "/2015-02-01/file-systems?FileSystemId=fs-1");
}

template <class Op>
Status Decoded(const runtime::HttpAnswer& answer, typename Op::Response& out, Arena& arena) {
  return DecodeAnswer(Op::service(), Op::service().operations[Op::kIndex], answer, &out, arena);
}

TEST(Protocol, AnswersAndRefusals) {
  Arena arena;
  gen::iam::GetRoleResponse role;
  ASSERT_TRUE(Decoded<gen::iam::ops::GetRole>(
      {200, {}, "<GetRoleResponse><GetRoleResult><Role><RoleName>web</RoleName></Role></GetRoleResult></GetRoleResponse>"}, role, arena));
  EXPECT_EQ(role.role->role_name, "web");
  gen::ec2::CreateVpcResult vpc;
  ASSERT_TRUE(Decoded<gen::ec2::ops::CreateVpc>({200, {}, "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>"}, vpc, arena));
  EXPECT_EQ(vpc.vpc->vpc_id, "vpc-1");
  const auto refused = Decoded<gen::ec2::ops::CreateVpc>(
      {400, {}, "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>no</Message></Error></Errors></Response>"}, vpc, arena);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidVpcID.NotFound");
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  gen::ecs::DescribeClustersResponse clusters;
  const auto denied = Decoded<gen::ecs::ops::DescribeClusters>(
      {400, {}, R"({"__type":"com.amazonaws.ecs#AccessDeniedException","Message":"you may not"})"}, clusters, arena);
  EXPECT_EQ(denied.error().code, "AccessDeniedException");
  EXPECT_EQ(denied.error().message, "you may not");
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(Decoded<gen::ecs::ops::DescribeClusters>({502, {}, "<html>"}, clusters, arena).error().message, "HTTP status 502");
}

}  // namespace
}  // namespace terrarium::aws
