#include "services/iam/managed_policies.h"

namespace terrarium::iam {
namespace {

constexpr std::string_view kPrefix = "arn:aws:iam::aws:policy";

// Generated from the published documents; the ids are ours, made from the names.
constexpr ManagedPolicy kPolicies[] = {
    {"/service-role/", "AmazonECSTaskExecutionRolePolicy", "ANPAZPE3WVQW6NHOK26I7", "v1", "2017-11-16T18:48:22Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability)"
     R"(","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]})"},
    {"/service-role/", "AmazonRDSEnhancedMonitoringRole", "ANPATTKBCZWEX7H57EYNL", "v1", "2015-11-11T19:58:29Z",
     R"({"Version":"2012-10-17","Statement":[{"Sid":"EnableCreationAndManagementOfRDSCloudwatchLogGroups","Effect":"Allow","Action":[)"
     R"("logs:CreateLogGroup","logs:PutRetentionPolicy"],"Resource":["arn:aws:logs:*:*:log-group:RDS*"]},{"Sid":"EnableCreationAndMan)"
     R"(agementOfRDSCloudwatchLogStreams","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogStre)"
     R"(ams","logs:GetLogEvents"],"Resource":["arn:aws:logs:*:*:log-group:RDS*:log-stream:*"]}]})"},
    {"/", "AdministratorAccess", "ANPA34SN6YCLNSZWWPS7E", "v1", "2015-02-06T18:39:46Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"},
    {"/", "PowerUserAccess", "ANPALHG27PL3YBRYSN4HT", "v12", "2026-02-12T17:59:14Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{")"
     R"(Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail",")"
     R"(account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeEffec)"
     R"(tivePolicy","organizations:DescribeOrganization"],"Resource":"*"}]})"},
    {"/", "AmazonSSMManagedInstanceCore", "ANPAEW4OYHTVZVZA2PZZJ", "v2", "2019-05-23T16:54:21Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:GetDeployablePatchSnapshotFor)"
     R"(Instance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ssm:GetParameters","ssm:ListAssociat)"
     R"(ions","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult","ssm:UpdateA)"
     R"(ssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],"Resource":"*"},{"Effect":"Allow","A)"
     R"(ction":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:Open)"
     R"(DataChannel"],"Resource":"*"},{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2me)"
     R"(ssages:FailMessage","ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]})"},
    {"/", "CloudWatchAgentServerPolicy", "ANPANND76WFNUO7RMIWHR", "v3", "2024-02-06T16:37:37Z",
     R"({"Version":"2012-10-17","Statement":[{"Sid":"CWACloudWatchServerPermissions","Effect":"Allow","Action":["cloudwatch:PutMetric)"
     R"(Data","ec2:DescribeVolumes","ec2:DescribeTags","logs:PutLogEvents","logs:PutRetentionPolicy","logs:DescribeLogStreams","logs:)"
     R"(DescribeLogGroups","logs:CreateLogStream","logs:CreateLogGroup","xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetS)"
     R"(amplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries"],"Resource":"*"},{"Sid":"CWASSMServerPermissions)"
     R"(","Effect":"Allow","Action":["ssm:GetParameter"],"Resource":"arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"}]})"},
    {"/", "AmazonEC2ContainerRegistryReadOnly", "ANPAOAGVS3FUMPKKQOIZK", "v3", "2019-12-10T20:56:32Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability)"
     R"(","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ec)"
     R"(r:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFin)"
     R"(dings"],"Resource":"*"}]})"},
    {"/", "AmazonEC2ContainerRegistryPullOnly", "ANPAERGQSYSQAVX5FLUIE", "v1", "2024-10-04T16:58:49Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDown)"
     R"(loadUrlForLayer","ecr:BatchImportUpstreamImage"],"Resource":"*"}]})"},
    {"/", "AmazonElasticFileSystemClientReadWriteAccess", "ANPAM3VHAPDEWQ5RTPSIT", "v1", "2020-01-13T16:21:55Z",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["elasticfilesystem:ClientMount","elasticfilesystem:ClientWri)"
     R"(te","elasticfilesystem:DescribeMountTargets"],"Resource":"*"}]})"},
};

}  // namespace

std::span<const ManagedPolicy> ManagedPolicies() { return kPolicies; }
std::string_view ManagedPolicyArnPrefix() { return kPrefix; }

const ManagedPolicy* FindManagedPolicy(std::string_view arn) {
  if (!arn.starts_with(kPrefix)) return nullptr;
  arn.remove_prefix(kPrefix.size());
  for (const ManagedPolicy& policy : kPolicies)
    if (arn.size() == policy.path.size() + policy.name.size() && arn.starts_with(policy.path) && arn.ends_with(policy.name)) return &policy;
  return nullptr;
}

bool IsForServiceLinkedRoles(std::string_view arn) { return arn.starts_with(kPrefix) && arn.substr(kPrefix.size()).starts_with("/aws-service-role/"); }

}  // namespace terrarium::iam
