#!/usr/bin/env python3
"""Reads everything back that an engine has, with boto3: every Describe, List and Get call that it serves, whole and in the smallest pages.

    read_back.py STATE > answers.json

STATE is the state that Terraform keeps of the stack. Takes the endpoint and the keys from the environment (AWS_ENDPOINT_URL, …). Prints
{client, calls: [{service, operation, params, answer}], complaints}; the answer of an operation that this boto3 does not know is null. The other
clients then repeat the calls (replay.py)."""

import datetime
import json
import os
import pathlib
import re
import sys
import time

import boto3
import botocore.config
import botocore.exceptions
import botocore.validate
from botocore import xform_name

from wire_model import WireModel

SERVICES = ("sts", "iam", "ec2", "kms", "secretsmanager", "logs", "ecr", "elbv2", "rds", "ecs")
# The smallest page that the service allows, where it is more than one.
SMALLEST_PAGE = {"ec2": 5, "rds": 20}
REGION = "us-east-1"


class Reader:
    def __init__(self):
        self.calls, self.complaints, self.clients, self.models, self.not_served = [], [], {}, {}, set()
        self.account = self.client("sts").get_caller_identity()["Account"]
        for service in SERVICES:
            self.models[service] = WireModel(service, self.account, REGION)
            self.client(service).meta.events.register("after-call", lambda http_response, parsed, model, s=service, **_: self.judge(s, model, http_response, parsed))

    def client(self, service):
        if service not in self.clients:
            config = botocore.config.Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30)
            self.clients[service] = boto3.client(service, region_name=REGION, endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=config)
        return self.clients[service]

    def judge(self, service, model, http, parsed):
        found = self.models[service].complaints(model.name, http.status_code, http.headers.get("content-type", ""), http.content)
        if http.status_code < 300 and model.output_shape is not None:
            answer = {k: v for k, v in parsed.items() if k != "ResponseMetadata"}
            report = botocore.validate.ParamValidator().validate(answer, model.output_shape).generate_report()
            # boto3 makes a dictionary of what the model calls a string, and lengths are rules for requests.
            found += [f"{model.name} as boto3 has it: {line}" for line in report.splitlines() if not re.search(r"parameter \S*Document,|Invalid length", line)]
        self.complaints += [f"{service} {text}" for text in found if f"{service} {text}" not in self.complaints]

    def call(self, service, operation, /, **params):
        """The answer, which another call may take names from. Where the answer comes in pages, the pages must add up to the whole."""
        client, method = self.client(service), xform_name(operation)
        if not hasattr(client, method):
            self.calls.append({"service": service, "operation": operation, "params": params, "answer": None})
            return {}
        try:
            answer = getattr(client, method)(**params)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NotImplemented":
                self.not_served.add((service, operation))
            else:
                self.complaints.append(f"{service} {operation} {params}: {error}")
            self.calls.append({"service": service, "operation": operation, "params": params, "answer": None})
            return {}
        answer.pop("ResponseMetadata")
        self.calls.append({"service": service, "operation": operation, "params": params, "answer": answer})
        if client.can_paginate(method):
            self.pages(service, operation, params)
        return answer

    def pages(self, service, operation, params):
        size = SMALLEST_PAGE.get(service, 1)
        paginator = self.client(service).get_paginator(xform_name(operation))
        whole, parts = {}, {}
        try:
            for found, configuration in ((whole, {}), (parts, {"PageSize": size})):
                for page in paginator.paginate(**params, PaginationConfig=configuration):
                    for expression in paginator.result_keys:
                        items = expression.search(page) or []
                        if configuration and len(items) > size:
                            self.complaints.append(f"{service} {operation}: a page of {len(items)} where {size} were asked for")
                        found.setdefault(expression.expression, []).extend(items if isinstance(items, list) else [])
        except (botocore.exceptions.ClientError, botocore.exceptions.PaginationError) as error:
            self.complaints.append(f"{service} {operation} in pages of {size}: {error}")
        if whole != parts and operation not in LIVE:
            self.complaints.append(f"{service} {operation}: pages of {size} do not add up to the whole answer")

    def refused(self, service, operation, code, /, **params):
        """What is asked for is not there: the error has the code that clients look for."""
        method = xform_name(operation)
        self.calls.append({"service": service, "operation": operation, "params": params, "answer": None, "refused": code})
        if not hasattr(self.client(service), method):
            return
        try:
            getattr(self.client(service), method)(**params)
            self.complaints.append(f"{service} {operation} {params}: answered, where {code} was due")
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NotImplemented":
                self.not_served.add((service, operation))
            elif error.response["Error"]["Code"] != code:
                self.complaints.append(f"{service} {operation} {params}: {error.response['Error']}, where {code} was due")


# Answers that are another one each time: they are compared by their members only.
LIVE = {"GetAuthorizationToken", "GetRandomPassword", "GetSessionToken", "GetDownloadUrlForLayer", "GetLogEvents", "FilterLogEvents", "DescribeLogStreams", "DescribeLogGroups"}


def sts(r):
    r.call("sts", "GetCallerIdentity")


def iam(r):
    for role in r.call("iam", "ListRoles").get("Roles", []):
        name = {"RoleName": role["RoleName"]}
        r.call("iam", "GetRole", **name)
        r.call("iam", "ListRoleTags", **name)
        r.call("iam", "ListAttachedRolePolicies", **name)
        r.call("iam", "ListInstanceProfilesForRole", **name)
        for policy in r.call("iam", "ListRolePolicies", **name).get("PolicyNames", []):
            r.call("iam", "GetRolePolicy", **name, PolicyName=policy)
    for user in r.call("iam", "ListUsers").get("Users", []):
        name = {"UserName": user["UserName"]}
        r.call("iam", "GetUser", **name)
        r.call("iam", "ListAttachedUserPolicies", **name)
        r.call("iam", "ListAccessKeys", **name)
        for policy in r.call("iam", "ListUserPolicies", **name).get("PolicyNames", []):
            r.call("iam", "GetUserPolicy", **name, PolicyName=policy)
        r.call("iam", "SimulatePrincipalPolicy", PolicySourceArn=user["Arn"], ActionNames=["sts:AssumeRole", "ecs:ListClusters"])
    for policy in r.call("iam", "ListPolicies", Scope="AWS").get("Policies", [])[:2] + r.call("iam", "ListPolicies", Scope="Local").get("Policies", []):
        arn = {"PolicyArn": policy["Arn"]}
        r.call("iam", "GetPolicy", **arn)
        r.call("iam", "ListPolicyTags", **arn)
        r.call("iam", "ListEntitiesForPolicy", **arn)
        for version in r.call("iam", "ListPolicyVersions", **arn).get("Versions", []):
            r.call("iam", "GetPolicyVersion", **arn, VersionId=version["VersionId"])
    r.call("iam", "GetAccountSummary")
    r.call("iam", "ListAccountAliases")
    r.refused("iam", "GetRole", "NoSuchEntity", RoleName="nobody")
    r.refused("iam", "GetUserPolicy", "NoSuchEntity", UserName="nobody", PolicyName="none")


def ec2(r):
    for vpc in r.call("ec2", "DescribeVpcs").get("Vpcs", []):
        for attribute in ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"):
            r.call("ec2", "DescribeVpcAttribute", VpcId=vpc["VpcId"], Attribute=attribute)
    for operation in ("DescribeSubnets", "DescribeInternetGateways", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeSecurityGroupRules", "DescribeNetworkInterfaces", "DescribeNetworkAcls",
                      "DescribeAvailabilityZones", "DescribeAccountAttributes", "DescribeRegions", "DescribeDhcpOptions", "DescribePrefixLists", "DescribeManagedPrefixLists", "DescribeVpcEndpoints",
                      "DescribeNatGateways", "DescribeAddresses", "DescribeTags"):
        r.call("ec2", operation)
    r.call("ec2", "DescribeSubnets", Filters=[{"Name": "tag:Name", "Values": ["*-public-?", "*public*"]}])
    r.refused("ec2", "DescribeVpcs", "InvalidVpcID.NotFound", VpcIds=["vpc-0123456789abcdef0"])
    r.refused("ec2", "DescribeSecurityGroups", "InvalidGroup.NotFound", GroupIds=["sg-0123456789abcdef0"])


def kms(r):
    for key in r.call("kms", "ListKeys").get("Keys", []):
        key_id = {"KeyId": key["KeyId"]}
        about = r.call("kms", "DescribeKey", **key_id).get("KeyMetadata", [])
        r.call("kms", "ListKeyPolicies", **key_id)
        r.call("kms", "GetKeyPolicy", **key_id, PolicyName="default")
        r.call("kms", "ListAliases", **key_id)
        r.call("kms", "ListResourceTags", **key_id)
        if about["KeyState"] == "Enabled":
            r.call("kms", "GetKeyRotationStatus", **key_id)
    r.call("kms", "ListAliases")
    r.refused("kms", "DescribeKey", "NotFoundException", KeyId="alias/none")


def secretsmanager(r):
    secrets = r.call("secretsmanager", "ListSecrets").get("SecretList", [])
    for secret in secrets:
        arn = {"SecretId": secret["ARN"]}
        r.call("secretsmanager", "DescribeSecret", **arn)
        r.call("secretsmanager", "ListSecretVersionIds", **arn)
        r.call("secretsmanager", "GetResourcePolicy", **arn)
        r.call("secretsmanager", "GetSecretValue", **arn)
    r.call("secretsmanager", "BatchGetSecretValue", SecretIdList=[s["ARN"] for s in secrets])
    r.call("secretsmanager", "GetRandomPassword", PasswordLength=20)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": r.account}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]}
    r.call("secretsmanager", "ValidateResourcePolicy", ResourcePolicy=json.dumps(policy))
    r.refused("secretsmanager", "DescribeSecret", "ResourceNotFoundException", SecretId="none")


def logs(r):
    now = int(time.time() * 1000)
    for group in r.call("logs", "DescribeLogGroups").get("logGroups", []):
        name = {"logGroupName": group["logGroupName"]}
        r.call("logs", "ListTagsForResource", resourceArn=group.get("logGroupArn", group["arn"].removesuffix(":*")))
        r.call("logs", "ListTagsLogGroup", **name)
        for stream in r.call("logs", "DescribeLogStreams", **name).get("logStreams", []):
            r.call("logs", "GetLogEvents", **name, logStreamName=stream["logStreamName"], endTime=now, limit=5, startFromHead=True)
        r.call("logs", "FilterLogEvents", **name, endTime=now, limit=5)
    r.refused("logs", "DescribeLogStreams", "ResourceNotFoundException", logGroupName="none")


def ecr(r):
    for repository in r.call("ecr", "DescribeRepositories").get("repositories", []):
        name = {"repositoryName": repository["repositoryName"]}
        r.call("ecr", "ListTagsForResource", resourceArn=repository["repositoryArn"])
        r.refused("ecr", "GetRepositoryPolicy", "RepositoryPolicyNotFoundException", **name)
        r.refused("ecr", "GetLifecyclePolicy", "LifecyclePolicyNotFoundException", **name)
        images = r.call("ecr", "ListImages", **name).get("imageIds", [])
        r.call("ecr", "DescribeImages", **name)
        for image in images[:1]:
            digest = {"imageDigest": image["imageDigest"]}
            manifest = json.loads(r.call("ecr", "BatchGetImage", **name, imageIds=[digest]).get("images", [])[0]["imageManifest"])
            layers = [layer["digest"] for layer in manifest["layers"]]
            r.call("ecr", "BatchCheckLayerAvailability", **name, layerDigests=layers)
            r.call("ecr", "GetDownloadUrlForLayer", **name, layerDigest=layers[0])
            r.refused("ecr", "DescribeImageScanFindings", "ScanNotFoundException", **name, imageId=digest)
    r.call("ecr", "DescribeRegistry")
    r.call("ecr", "GetAuthorizationToken")
    r.refused("ecr", "DescribeRepositories", "RepositoryNotFoundException", repositoryNames=["none"])


def elbv2(r):
    arns = []
    for balancer in r.call("elbv2", "DescribeLoadBalancers").get("LoadBalancers", []):
        arn = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
        arns.append(arn["LoadBalancerArn"])
        r.call("elbv2", "DescribeLoadBalancerAttributes", **arn)
        r.call("elbv2", "DescribeCapacityReservation", **arn)
        for listener in r.call("elbv2", "DescribeListeners", **arn).get("Listeners", []):
            of = {"ListenerArn": listener["ListenerArn"]}
            arns.append(of["ListenerArn"])
            r.call("elbv2", "DescribeListenerAttributes", **of)
            r.call("elbv2", "DescribeListenerCertificates", **of)
            r.call("elbv2", "DescribeRules", **of)
    for group in r.call("elbv2", "DescribeTargetGroups").get("TargetGroups", []):
        arn = {"TargetGroupArn": group["TargetGroupArn"]}
        arns.append(arn["TargetGroupArn"])
        r.call("elbv2", "DescribeTargetGroupAttributes", **arn)
        r.call("elbv2", "DescribeTargetHealth", **arn)
    r.call("elbv2", "DescribeTags", ResourceArns=arns)
    r.call("elbv2", "DescribeAccountLimits")
    r.call("elbv2", "DescribeSSLPolicies")
    r.refused("elbv2", "DescribeLoadBalancers", "LoadBalancerNotFound", Names=["none"])
    r.refused("elbv2", "DescribeTargetGroups", "TargetGroupNotFound", Names=["none"])


def rds(r):
    named = []
    for instance in r.call("rds", "DescribeDBInstances").get("DBInstances", []):
        named.append(instance["DBInstanceArn"])
        r.call("rds", "DescribeDBInstances", DBInstanceIdentifier=instance["DBInstanceIdentifier"])
    named += [g["DBSubnetGroupArn"] for g in r.call("rds", "DescribeDBSubnetGroups")["DBSubnetGroups"]]
    for group in r.call("rds", "DescribeDBParameterGroups").get("DBParameterGroups", []):
        named.append(group["DBParameterGroupArn"])
        r.call("rds", "DescribeDBParameters", DBParameterGroupName=group["DBParameterGroupName"], Source="user")
        r.call("rds", "DescribeDBParameters", DBParameterGroupName=group["DBParameterGroupName"])
    versions = r.call("rds", "DescribeDBEngineVersions").get("DBEngineVersions", [])
    r.call("rds", "DescribeEngineDefaultParameters", DBParameterGroupFamily=versions[0]["DBParameterGroupFamily"])
    r.call("rds", "DescribeOrderableDBInstanceOptions", Engine=versions[0]["Engine"])
    for arn in named:
        r.call("rds", "ListTagsForResource", ResourceName=arn)
    for operation in ("DescribeCertificates", "DescribeEvents", "DescribePendingMaintenanceActions", "DescribeDBSnapshots"):
        r.call("rds", operation)
    r.refused("rds", "DescribeDBInstances", "DBInstanceNotFound", DBInstanceIdentifier="none")
    r.refused("rds", "DescribeDBSnapshots", "DBSnapshotNotFound", DBSnapshotIdentifier="none")


def ecs(r):
    clusters = r.call("ecs", "ListClusters").get("clusterArns", [])
    r.call("ecs", "DescribeClusters", clusters=clusters, include=["SETTINGS", "CONFIGURATIONS", "TAGS"])
    for cluster in clusters:
        of = {"cluster": cluster}
        for service in r.call("ecs", "ListServices", **of).get("serviceArns", []):
            r.call("ecs", "ListTagsForResource", resourceArn=service)
            about = r.call("ecs", "DescribeServices", **of, services=[service], include=["TAGS"]).get("services", [])[0]
            deployments = r.call("ecs", "ListServiceDeployments", **of, service=service).get("serviceDeployments", [])
            if deployments:
                r.call("ecs", "DescribeServiceDeployments", serviceDeploymentArns=[d["serviceDeploymentArn"] for d in deployments])
                r.call("ecs", "DescribeServiceRevisions", serviceRevisionArns=[d["targetServiceRevisionArn"] for d in deployments])
            r.call("ecs", "DescribeTaskDefinition", taskDefinition=about["taskDefinition"], include=["TAGS"])
        if tasks := r.call("ecs", "ListTasks", **of).get("taskArns", []):
            r.call("ecs", "DescribeTasks", **of, tasks=tasks, include=["TAGS"])
    for operation in ("DescribeCapacityProviders", "ListTaskDefinitions", "ListTaskDefinitionFamilies", "ListAccountSettings"):
        r.call("ecs", operation)
    r.refused("ecs", "ListTasks", "ClusterNotFoundException", cluster="none")
    r.refused("ecs", "DescribeTaskDefinition", "ClientException", taskDefinition="none")


# In the models and refused by name until somebody makes them real. What becomes real must be read here.
REFUSED = {
    "ecr": "DescribeImageScanFindings DescribeRegistry GetDownloadUrlForLayer GetLifecyclePolicy GetRepositoryPolicy",
    "ecs": "DescribeCapacityProviders DescribeServiceRevisions ListAccountSettings",
    "elbv2": "DescribeAccountLimits DescribeCapacityReservation DescribeListenerCertificates DescribeSSLPolicies",
    "iam": "SimulatePrincipalPolicy",
    "rds": "DescribeCertificates DescribeEngineDefaultParameters DescribeEvents DescribeOrderableDBInstanceOptions DescribePendingMaintenanceActions",
    "secretsmanager": "BatchGetSecretValue ValidateResourcePolicy",
}


def uncovered(reader):
    called = {(c["service"], c["operation"]) for c in reader.calls}
    for service in SERVICES:
        refused = set(REFUSED.get(service, "").split())
        for operation in reader.models[service].reads():
            # GetSessionToken makes a key, and the root user's key makes none.
            if not hasattr(reader.client(service), xform_name(operation)) or operation == "GetSessionToken":
                continue
            if (service, operation) not in called:
                yield f"{service} {operation} is in the model and is not called here"
            elif operation in refused and (service, operation) not in reader.not_served:
                yield f"{service} {operation} is served now: read it, and take it out of REFUSED"
            elif operation not in refused and (service, operation) in reader.not_served:
                yield f"{service} {operation} is not served"


# A route has no name at all. EFS speaks restJson, which WireModel does not judge yet.
NOT_LOOKED_FOR = {"aws_route", "aws_efs_file_system", "aws_efs_access_point", "aws_efs_mount_target", "aws_efs_backup_policy"}


def not_found(reader, state):
    """What Terraform made must be in some answer: by its ARN, else by the last part of its id."""
    seen = json.dumps([c["answer"] for c in reader.calls if c["answer"] is not None], default=str)
    missing = []
    for resource in json.loads(pathlib.Path(state).read_text())["resources"]:
        for instance in resource["instances"] if resource["mode"] == "managed" else []:
            attributes = instance["attributes"]
            # EC2 tells no ARN of most things.
            name = attributes["id"] if (attributes.get("arn") or ":ec2:").count(":ec2:") else attributes["arn"]
            if resource["type"] not in NOT_LOOKED_FOR and name.rsplit("|", 1)[-1].rsplit(":", 1)[-1] not in seen:
                missing.append(f"{resource['type']} {name} is in no answer")
    return missing


def main():
    reader = Reader()
    for service in SERVICES:
        try:
            globals()[service](reader)
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, KeyError, IndexError) as error:
            reader.complaints.append(f"{service}: {type(error).__name__} {error}, after {reader.calls[-1]['operation']} {reader.calls[-1]['params']}")
    complaints = reader.complaints + list(uncovered(reader)) + not_found(reader, sys.argv[1])
    json.dump({"client": f"boto3 {boto3.__version__}", "account": reader.account, "calls": reader.calls, "complaints": complaints}, sys.stdout, default=plain)


def plain(value):
    return value.astimezone(datetime.timezone.utc).isoformat() if isinstance(value, datetime.datetime) else value.decode("latin-1")


if __name__ == "__main__":
    main()
