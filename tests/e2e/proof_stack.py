"""A stack in the shape and with the names of terraform/ ("drupal"), but for what the claims of `terrarium prove` do not look at; and the program that proves."""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from balanced import has_haproxy  # noqa: E402
from support import BUILD  # noqa: E402
import task_test  # noqa: E402

NAME = "drupal"


class ProofStack(task_test.TaskTest):
    """Setup only; subclasses bring the tests."""

    desired = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not has_haproxy(cls.engine):
            raise task_test.unittest.SkipTest("the program root haproxy cannot be had")
        e, ec2, ecs, iam = cls.engine, cls.ec2, cls.ecs, cls.iam
        cls.elb = elb = e.client("elbv2")
        vpc = cls.vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": NAME}])
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        cls.public = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"] for i, z in enumerate("ab")]
        cls.private = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{10 + i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"] for i, z in enumerate("ab")]
        for subnet in cls.public:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        cls.groups = groups = {n: ec2.create_security_group(VpcId=vpc, GroupName=f"{NAME}-{n}", Description=n)["GroupId"] for n in ("alb", "task", "database")}
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]

        def tcp(port, group=None, cidr=None):
            return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **({"UserIdGroupPairs": [{"GroupId": groups[group]}]} if group else {"IpRanges": [{"CidrIp": cidr}]})}]
        for group in groups.values():
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
        ec2.authorize_security_group_ingress(GroupId=groups["alb"], IpPermissions=tcp(80, cidr="0.0.0.0/0"))
        ec2.authorize_security_group_egress(GroupId=groups["alb"], IpPermissions=tcp(80, "task"))
        ec2.authorize_security_group_ingress(GroupId=groups["task"], IpPermissions=tcp(80, "alb"))
        ec2.authorize_security_group_egress(GroupId=groups["task"], IpPermissions=tcp(3306, "database"))
        ec2.authorize_security_group_egress(GroupId=groups["task"], IpPermissions=tcp(443, cidr="0.0.0.0/0"))
        ec2.authorize_security_group_ingress(GroupId=groups["database"], IpPermissions=tcp(3306, "task"))

        cls.log_group = f"/ecs/{NAME}"
        cls.logs.create_log_group(logGroupName=cls.log_group)
        trust = json.dumps(task_test.TRUST)
        cls.execution = iam.create_role(RoleName=f"{NAME}-execution", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        cls.task_role = iam.create_role(RoleName=f"{NAME}-task", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        repository = "arn:aws:ecr:us-east-1:000000000000:repository/server"
        statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in (
            (["ecr:GetAuthorizationToken"], ["*"]), (["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [repository]),
            (["logs:CreateLogStream", "logs:PutLogEvents"], [f"arn:aws:logs:us-east-1:000000000000:log-group:{cls.log_group}:*"]), (["secretsmanager:GetSecretValue"], [cls.secret]))]
        iam.put_role_policy(RoleName=f"{NAME}-execution", PolicyName="start-tasks", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))

        ecs.create_cluster(clusterName=NAME)
        balancer = elb.create_load_balancer(Name=NAME, Subnets=cls.public, SecurityGroups=[groups["alb"]], Scheme="internet-facing")["LoadBalancers"][0]["LoadBalancerArn"]
        targets = elb.create_target_group(Name=NAME, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/health", HealthCheckIntervalSeconds=5,
                                          HealthCheckTimeoutSeconds=2, HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(TargetGroupArn=targets, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3"}])
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}])
        definition = ecs.register_task_definition(
            family=NAME, requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=cls.execution, taskRoleArn=cls.task_role,
            containerDefinitions=[{"name": NAME, "image": f"localhost:{e.port}/server:v1", "essential": True, "command": ["listen"], "portMappings": [{"containerPort": 80}],
                                   "secrets": [{"name": "WORD", "valueFrom": cls.secret + ":word::"}],
                                   "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": cls.log_group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task"}}}])["taskDefinition"]["taskDefinitionArn"]
        ecs.create_service(cluster=NAME, serviceName=NAME, taskDefinition=definition, desiredCount=cls.desired, launchType="FARGATE",
                           loadBalancers=[{"targetGroupArn": targets, "containerName": NAME, "containerPort": 80}],
                           deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
                           networkConfiguration={"awsvpcConfiguration": {"subnets": cls.public, "securityGroups": [groups["task"]], "assignPublicIp": "ENABLED"}})

        def steady():
            s = ecs.describe_services(cluster=NAME, services=[NAME])["services"][0]
            health = [t["TargetHealth"]["State"] for t in elb.describe_target_health(TargetGroupArn=targets)["TargetHealthDescriptions"]]
            return len(s["deployments"]) == 1 and s["deployments"][0]["rolloutState"] == "COMPLETED" and s["runningCount"] == cls.desired and health == ["healthy"] * cls.desired
        task_test.wait_until("a steady service", steady, 120)

    def prove(self, *arguments, timeout=400):
        """(exit code, report): what `terrarium prove` says of this stack."""
        report = self.engine.folder / "proof.json"
        report.unlink(missing_ok=True)
        done = subprocess.run([str(BUILD / "terrarium"), "prove", *arguments, "--instance", self.engine.instance, "--run-dir", str(self.engine.run_dir), "--state-dir", str(self.engine.state_dir),
                               "--port", str(self.engine.port), "--door-port", str(self.engine.door), "--json", str(report)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=timeout)
        print("\n" + done.stderr + done.stdout, file=sys.stderr, flush=True)
        return done.returncode, json.loads(report.read_text()) if report.exists() else None


# The tasks' own tests run in their own file.
for name in [n for n in dir(task_test.TaskTest) if n.startswith("test_")]:
    setattr(ProofStack, name, None)
