"""A second and a third of what a stack has one of, so that listings have more than a page."""

import json

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]})
TWO_TAGS = {"one": "1", "two": "2"}


def allow(action, resource):
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


def document(n):
    return allow("s3:GetObject", f"arn:aws:s3:::bucket-{n}/*")


def upper(tags):
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def make(cloud):
    """`cloud` has a botocore client of each service as an attribute."""
    iam = cloud.iam
    arns = [iam.create_policy(PolicyName=f"neighbour-{n}", PolicyDocument=document(n), Tags=upper(TWO_TAGS))["Policy"]["Arn"] for n in (1, 2)]
    iam.create_policy_version(PolicyArn=arns[0], PolicyDocument=document(3))
    iam.create_role(RoleName="neighbour", AssumeRolePolicyDocument=TRUST, Tags=upper(TWO_TAGS))
    iam.create_user(UserName="neighbour", Tags=upper(TWO_TAGS))
    for arn in arns:
        iam.attach_role_policy(RoleName="neighbour", PolicyArn=arn)
        iam.attach_user_policy(UserName="neighbour", PolicyArn=arn)
        iam.put_role_policy(RoleName="neighbour", PolicyName=arn[-1] + "-inline", PolicyDocument=document(4))
        iam.put_user_policy(UserName="neighbour", PolicyName=arn[-1] + "-inline", PolicyDocument=document(4))
        iam.create_access_key(UserName="neighbour")

    for n in (1, 2):
        key = cloud.kms.create_key(Description=f"neighbour {n}", Tags=[{"TagKey": k, "TagValue": v} for k, v in TWO_TAGS.items()])["KeyMetadata"]["KeyId"]
        for alias in ("a", "b"):
            cloud.kms.create_alias(AliasName=f"alias/neighbour-{n}{alias}", TargetKeyId=key)
        cloud.secretsmanager.create_secret(Name=f"neighbour-{n}", SecretString="not a secret", Tags=upper(TWO_TAGS))
        cloud.secretsmanager.put_secret_value(SecretId=f"neighbour-{n}", SecretString="not one either")
        cloud.logs.create_log_group(logGroupName=f"/neighbour/{n}", tags=TWO_TAGS)
        for stream in ("a", "b"):
            cloud.logs.create_log_stream(logGroupName=f"/neighbour/{n}", logStreamName=stream)
        cloud.ecr.create_repository(repositoryName=f"neighbour/{n}", tags=upper(TWO_TAGS))
        cloud.ecs.create_cluster(clusterName=f"neighbour-{n}")
        cloud.ecs.register_task_definition(family=f"neighbour-{n}", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}])

    subnets = cloud.ec2.describe_subnets()["Subnets"]
    zones = {s["AvailabilityZone"]: s["SubnetId"] for s in subnets}
    for n in (1, 2):
        cloud.elbv2.create_target_group(Name=f"neighbour-{n}", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"], TargetType="ip")
        cloud.rds.create_db_subnet_group(DBSubnetGroupName=f"neighbour-{n}", DBSubnetGroupDescription="n", SubnetIds=list(zones.values()))
        cloud.rds.create_db_parameter_group(DBParameterGroupName=f"neighbour-{n}", DBParameterGroupFamily=cloud.rds.describe_db_engine_versions()["DBEngineVersions"][0]["DBParameterGroupFamily"],
                                            Description="n")
        for m in range(3):
            cloud.ec2.create_security_group(GroupName=f"neighbour-{n}{m}", Description="n", VpcId=subnets[0]["VpcId"])
