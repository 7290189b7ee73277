"""ECS tasks for real: an image pushed, a task in its own interface, secrets, logs, credentials, exit; all through boto3."""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from oci_image import write_image  # noqa: E402
from support import BUILD, TestEngine  # noqa: E402

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def wait_until(what, look, seconds=60):
    """Polls a state that only the outside shows; the deadline is there to end a broken run, not to time a good one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come about within {seconds} s")


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class TaskTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = e = TestEngine()
        cls.addClassCleanup(e.close)
        e.start()
        cls.ec2, cls.ecs, cls.iam, cls.logs, cls.ecr = (e.client(s) for s in ("ec2", "ecs", "iam", "logs", "ecr"))
        vpc = cls.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        cls.subnet = cls.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        cls.group = cls.ec2.create_security_group(VpcId=vpc, GroupName="task", Description="task")["GroupId"]
        cls.ecr.create_repository(repositoryName="server")
        image = e.folder / "image"
        write_image(image, {"server": (BUILD / "tests/support/image/server").read_bytes()}, "v1", config={"Entrypoint": ["/server"], "ExposedPorts": {"80/tcp": {}}}, modes={"server": 0o755})
        password = subprocess.run(["/usr/bin/aws", "--endpoint-url", e.endpoint, "ecr", "get-login-password"], capture_output=True, text=True, check=True,
                                  env={"PATH": "/usr/bin:/bin", "HOME": str(e.folder), **e.environment()}).stdout.strip()
        subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}", f"oci:{image}:v1", f"docker://localhost:{e.port}/server:v1"], check=True, capture_output=True)
        cls.role = cls.iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        cls.secret = e.client("secretsmanager").create_secret(Name="word", SecretString=json.dumps({"word": "pl4nted-s3cret"}))["ARN"]
        cls.logs.create_log_group(logGroupName="/e2e")
        cls.ecs.create_cluster(clusterName="c")
        cls.allow({"ecr:GetAuthorizationToken": "*", "ecr:BatchGetImage": "*", "ecr:GetDownloadUrlForLayer": "*", "logs:CreateLogStream": "*", "logs:PutLogEvents": "*", "secretsmanager:GetSecretValue": "*"})

    @classmethod
    def allow(cls, actions):
        statements = [{"Effect": "Allow", "Action": a, "Resource": r} for a, r in actions.items()]
        cls.iam.put_role_policy(RoleName="execution", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))

    def run_task(self, command, image="v1", task_role=None, **overrides):
        definition = self.ecs.register_task_definition(
            family="server", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=self.role, **({"taskRoleArn": task_role} if task_role else {}),
            containerDefinitions=[{
                "name": "server", "image": f"localhost:{self.engine.port}/server:{image}", "essential": True, "command": command,
                "environment": [{"name": "GREETING", "value": "hello"}], "secrets": [{"name": "WORD", "valueFrom": self.secret + ":word::"}],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/e2e", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "t"}}, **overrides,
            }])["taskDefinition"]["taskDefinitionArn"]
        answer = self.ecs.run_task(cluster="c", taskDefinition=definition, launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": [self.group]}})
        self.assertEqual(answer["failures"], [])
        return answer["tasks"][0]["taskArn"]

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]

    def wait_for(self, arn, status):
        def look():
            t = self.task(arn)
            if t["lastStatus"] == "STOPPED" and status != "STOPPED":
                raise AssertionError(f"stopped: {t.get('stopCode')} {t.get('stoppedReason')} {t['containers']}")
            return t["lastStatus"] == status and t
        return wait_until(f"{status} of {arn}", look)

    def test_a_task_runs_prints_and_ends(self):
        arn = self.run_task(["print", "3"])
        stopped = self.wait_for(arn, "STOPPED")
        self.assertEqual(stopped["stopCode"], "EssentialContainerExited", stopped)
        self.assertEqual(stopped["containers"][0]["exitCode"], 0, stopped)
        stream = f"t/server/{arn.rsplit('/', 1)[1]}"
        events = wait_until("the task's output", lambda: (lambda e: len(e) >= 4 and e)(self.logs.get_log_events(logGroupName="/e2e", logStreamName=stream, startFromHead=True)["events"]))
        self.assertEqual([e["message"] for e in events], ["line 0", "line 1", "line 2", "end without a line break"])

    def test_a_running_task_is_stopped_and_nothing_is_left(self):
        arn = self.run_task(["listen"])
        running = self.wait_for(arn, "RUNNING")
        address = {d["name"]: d["value"] for d in running["attachments"][0]["details"]}["privateIPv4Address"]
        self.assertTrue(address.startswith("10.0.1."))
        # The secret is where the container's own environment is, and nowhere else that a user of the machine can look.
        self.assert_nowhere("pl4nted-s3cret")
        self.ecs.stop_task(cluster="c", task=arn, reason="enough")
        stopped = self.wait_for(arn, "STOPPED")
        self.assertEqual((stopped["stopCode"], stopped["stoppedReason"]), ("UserInitiated", "enough"))

    def test_the_task_and_nobody_else_gets_its_role(self):
        role = self.iam.create_role(RoleName="task-role", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        running = self.wait_for(self.run_task(["listen"], task_role=role), "RUNNING")
        other = self.wait_for(self.run_task(["listen"]), "RUNNING")
        relative = self.inside(running, f"http://{self.address(running)}/env?AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")[1]
        self.assertTrue(relative.startswith("/v2/credentials/"), relative)
        status, body = wait_until("the task's credentials", lambda: (lambda a: a[0] == 200 and a)(self.inside(running, "http://169.254.170.2" + relative)))
        credentials = json.loads(body)
        self.assertEqual(credentials["RoleArn"], role)
        import boto3
        who = boto3.client("sts", endpoint_url=self.engine.endpoint, region_name="us-east-1", aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
                           aws_session_token=credentials["Token"]).get_caller_identity()
        self.assertIn(":assumed-role/task-role/", who["Arn"])
        self.assertEqual(self.inside(other, "http://169.254.170.2" + relative)[0], 403)
        metadata = self.inside(running, f"http://{self.address(running)}/env?ECS_CONTAINER_METADATA_URI_V4")[1]
        self.assertEqual(json.loads(self.inside(running, metadata + "/task")[1])["TaskARN"], running["taskArn"])
        for task in (running, other):
            self.ecs.stop_task(cluster="c", task=task["taskArn"])
            self.wait_for(task["taskArn"], "STOPPED")

    @staticmethod
    def address(task):
        return {d["name"]: d["value"] for d in task["attachments"][0]["details"]}["privateIPv4Address"]

    def inside(self, task, url):
        """(status, body) of a GET made in the task's own network namespace."""
        eni = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}["networkInterfaceId"]
        done = subprocess.run(["ip", "netns", "exec", f"trm-{self.engine.instance}-{eni}", "curl", "-s", "-m", "5", "-w", "\n%{http_code}", url], capture_output=True, text=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status or 0), body

    def assert_nowhere(self, secret):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                self.assertNotIn(secret.encode(), pathlib.Path("/proc", pid, "cmdline").read_bytes())
            except (FileNotFoundError, ProcessLookupError):
                pass
        for log in (self.engine.state_dir / "log").iterdir():
            self.assertNotIn(secret, log.read_text(errors="replace"))

    def test_an_absent_image_says_so(self):
        stopped = self.wait_for(self.run_task(["listen"], image="absent"), "STOPPED")
        self.assertEqual(stopped["stopCode"], "TaskFailedToStart")
        self.assertIn("CannotPullContainerError", stopped["stoppedReason"])
        self.assertIn("absent", stopped["stoppedReason"])


if __name__ == "__main__":
    unittest.main()
