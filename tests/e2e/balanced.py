"""A site as a team would run it: an internet-facing load balancer over two zones, a service of two tasks behind it, and a strict client at its door."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support import ROOT  # noqa: E402
import task_test  # noqa: E402

RATE = float(os.environ.get("TERRARIUM_TEST_RATE", "100"))  # requests a second


def has_haproxy(engine):
    return subprocess.run([sys.executable, str(ROOT / "scripts/program_root.py"), "ensure", "haproxy", "--state-dir", str(engine.state_dir)], capture_output=True).returncode == 0


class Load:
    """tests/e2e/load.py as a process of its own, so that the test's own work does not delay its requests."""

    def __init__(self, engine, rate=RATE, path="/", *arguments):
        self.process = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).parent / "load.py"), f"http://127.0.0.1:{engine.door}{path}", "--rate", str(rate), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "begun\n":
            raise AssertionError("the door answers nothing")

    def end(self):
        """The report."""
        out, _ = self.process.communicate(timeout=120)
        report = json.loads(out)
        print("\n   ", json.dumps(report), file=sys.stderr, flush=True)
        return report

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class BalancedTest(task_test.TaskTest):
    """Setup only; subclasses bring the tests. One stack a class."""

    desired = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not has_haproxy(cls.engine):
            raise task_test.unittest.SkipTest("the program root haproxy cannot be had")
        e, ec2, ecs = cls.engine, cls.ec2, cls.ecs
        cls.elb = elb = e.client("elbv2")
        cls.vpc = vpc = ec2.describe_subnets(SubnetIds=[cls.subnet])["Subnets"][0]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        cls.second = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
        front = ec2.create_security_group(VpcId=vpc, GroupName="alb", Description="alb")["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=front, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        ec2.authorize_security_group_ingress(GroupId=cls.group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": front}]}])
        cls.front = front
        cls.balancer = elb.create_load_balancer(Name="web", Subnets=[cls.subnet, cls.second], SecurityGroups=[front], Scheme="internet-facing")["LoadBalancers"][0]["LoadBalancerArn"]
        cls.targets = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/health", HealthCheckIntervalSeconds=5,
                                              HealthCheckTimeoutSeconds=2, HealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(TargetGroupArn=cls.targets, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3"}])
        elb.create_listener(LoadBalancerArn=cls.balancer, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": cls.targets}])
        if cls.desired:
            ecs.create_service(cluster="c", serviceName="web", taskDefinition=cls.definition("1"), desiredCount=cls.desired, launchType="FARGATE",
                               loadBalancers=[{"targetGroupArn": cls.targets, "containerName": "server", "containerPort": 80}],
                               deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
                               networkConfiguration={"awsvpcConfiguration": {"subnets": [cls.subnet, cls.second], "securityGroups": [cls.group]}})
            task_test.wait_until("a steady service behind a healthy load balancer", cls.steady, 90)

    @classmethod
    def definition(cls, revision, **changes):
        container = {"name": "server", "image": f"localhost:{cls.engine.port}/server:v1", "essential": True, "command": ["listen"], "portMappings": [{"containerPort": 80}],
                     "environment": [{"name": "REVISION", "value": revision}], **changes}
        return cls.ecs.register_task_definition(family="web", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=cls.role,
                                                containerDefinitions=[container])["taskDefinition"]["taskDefinitionArn"]

    @classmethod
    def service(cls):
        return cls.ecs.describe_services(cluster="c", services=["web"])["services"][0]

    @classmethod
    def steady(cls):
        s = cls.service()
        return len(s["deployments"]) == 1 and s["deployments"][0]["rolloutState"] == "COMPLETED" and s["runningCount"] == cls.desired and cls.health() == ["healthy"] * cls.desired

    @classmethod
    def health(cls):
        return sorted(t["TargetHealth"]["State"] for t in cls.elb.describe_target_health(TargetGroupArn=cls.targets)["TargetHealthDescriptions"])

    def deploy(self, revision, **changes):
        self.ecs.update_service(cluster="c", service="web", taskDefinition=self.definition(revision, **changes))

    def wait_deployed(self, revision, seconds=90):
        """The deployment is over, the old tasks have ended, and every answer is of the new revision."""
        task_test.wait_until("the end of the deployment", self.steady, seconds)
        self.assertEqual({self.get()[1].rsplit(" ", 1)[-1].strip() for _ in range(8)}, {revision})

    def running(self):
        """The service's running tasks by their address."""
        arns = self.ecs.list_tasks(cluster="c", serviceName="web", desiredStatus="RUNNING")["taskArns"]
        return {self.address(t): t for t in (self.ecs.describe_tasks(cluster="c", tasks=arns)["tasks"] if arns else []) if t["lastStatus"] == "RUNNING"}

    def get(self, path="/", host=None):
        """(status, body); status 0 where there is no answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.engine.door}{path}", headers={"Host": host} if host else {})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            return 0, str(error)

    def proxies(self):
        """Pids of this engine's HAProxy processes."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = pathlib.Path("/proc", pid, "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(w.startswith(f"{self.engine.run_dir}/haproxy/".encode()) for w in words) and b"terrarium-keeper" not in words[0]:
                found.append(int(pid))
        return found


# The tasks' own tests run in their own file.
for name in [n for n in dir(task_test.TaskTest) if n.startswith("test_")]:
    setattr(BalancedTest, name, None)
