"""A service behind a load balancer: Terraform's calls through boto3, requests through the door of this machine."""

import os
import pathlib
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support import ROOT  # noqa: E402
import task_test  # noqa: E402


def has_haproxy(engine):
    return subprocess.run([sys.executable, str(ROOT / "scripts/program_root.py"), "ensure", "haproxy", "--state-dir", str(engine.state_dir)], capture_output=True).returncode == 0


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class ServiceTest(task_test.TaskTest):
    def get(self, path="/"):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.engine.door}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def test_requests_reach_the_service_through_door_and_load_balancer(self):
        if not has_haproxy(self.engine):
            self.skipTest("the program root haproxy cannot be had")
        elb, ec2 = self.engine.client("elbv2"), self.ec2
        vpc = ec2.describe_subnets(SubnetIds=[self.subnet])["Subnets"][0]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        second = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
        front = ec2.create_security_group(VpcId=vpc, GroupName="alb", Description="alb")["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=front, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": front}]}])
        lb = elb.create_load_balancer(Name="web", Subnets=[self.subnet, second], SecurityGroups=[front], Scheme="internet-facing")["LoadBalancers"][0]["LoadBalancerArn"]
        group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", HealthCheckPath="/health", HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2)["TargetGroups"][0]["TargetGroupArn"]
        elb.create_listener(LoadBalancerArn=lb, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
        task_test.wait_until("the load balancer", lambda: elb.describe_load_balancers(LoadBalancerArns=[lb])["LoadBalancers"][0]["State"]["Code"] == "active")
        task_test.wait_until("503 without a target", lambda: self.get() == 503)
        definition = self.ecs.register_task_definition(
            family="web", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=self.role,
            containerDefinitions=[{"name": "server", "image": f"localhost:{self.engine.port}/server:v1", "essential": True, "command": ["listen"], "portMappings": [{"containerPort": 80}]}])["taskDefinition"]["taskDefinitionArn"]
        self.ecs.create_service(cluster="c", serviceName="web", taskDefinition=definition, desiredCount=1, launchType="FARGATE",
                                loadBalancers=[{"targetGroupArn": group, "containerName": "server", "containerPort": 80}],
                                networkConfiguration={"awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": [self.group]}})
        task_test.wait_until("a page through the door", lambda: self.get() == 200, 90)
        # One proxy a zone: the target is healthy once each of them has seen it so.
        task_test.wait_until("a healthy target", lambda: [t["TargetHealth"]["State"] for t in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]] == ["healthy"])
        self.ecs.delete_service(cluster="c", service="web", force=True)


# The tasks' own tests run in their own file.
for name in [n for n in dir(task_test.TaskTest) if n.startswith("test_")]:
    setattr(ServiceTest, name, None)

if __name__ == "__main__":
    unittest.main()
