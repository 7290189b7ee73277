"""EFS for real: two tasks, whose users are different ids of the host, share files through an access point; and every reason why a task may not."""

import errno
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from oci_image import write_image  # noqa: E402
from support import BUILD, TestEngine  # noqa: E402
from task_test import TRUST, wait_until  # noqa: E402


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/loop-control"), "needs root and loop devices")
class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = e = TestEngine()
        cls.addClassCleanup(e.close)
        e.start()
        cls.connect()
        vpc = cls.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        cls.subnets = [cls.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"] for i, z in enumerate("ab")]
        cls.tasks = cls.ec2.create_security_group(VpcId=vpc, GroupName="task", Description="task")["GroupId"]
        cls.others = cls.ec2.create_security_group(VpcId=vpc, GroupName="other", Description="other")["GroupId"]
        cls.files = cls.ec2.create_security_group(VpcId=vpc, GroupName="files", Description="files")["GroupId"]
        cls.ec2.authorize_security_group_ingress(GroupId=cls.files, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": cls.tasks}]}])
        ecr = e.client("ecr")
        ecr.create_repository(repositoryName="server")
        image = e.folder / "image"
        write_image(image, {"server": (BUILD / "tests/support/image/server").read_bytes()}, "v1", config={"Entrypoint": ["/server"]}, modes={"server": 0o755})
        password = subprocess.run(["/usr/bin/aws", "--endpoint-url", e.endpoint, "ecr", "get-login-password"], capture_output=True, text=True, check=True,
                                  env={"PATH": "/usr/bin:/bin", "HOME": str(e.folder), **e.environment()}).stdout.strip()
        subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}", f"oci:{image}:v1", f"docker://localhost:{e.port}/server:v1"], check=True, capture_output=True)
        cls.execution = cls.iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        cls.allow("execution", [{"Effect": "Allow", "Action": ["ecr:*"], "Resource": "*"}])
        cls.ecs.create_cluster(clusterName="c")

        made = cls.efs.create_file_system(CreationToken="site", Encrypted=True, Tags=[{"Key": "Name", "Value": "site"}])
        cls.id, cls.arn = made["FileSystemId"], made["FileSystemArn"]
        wait_until("the file system", lambda: cls.efs.describe_file_systems(FileSystemId=cls.id)["FileSystems"][0]["LifeCycleState"] == "available")
        for subnet in cls.subnets:
            cls.efs.create_mount_target(FileSystemId=cls.id, SubnetId=subnet, SecurityGroups=[cls.files])
        wait_until("the mount targets", lambda: [t["LifeCycleState"] for t in cls.efs.describe_mount_targets(FileSystemId=cls.id)["MountTargets"]] == ["available"] * 2)
        cls.point = cls.efs.create_access_point(ClientToken="p", FileSystemId=cls.id, PosixUser={"Uid": 33, "Gid": 33},
                                                RootDirectory={"Path": "/public", "CreationInfo": {"OwnerUid": 33, "OwnerGid": 33, "Permissions": "2775"}})
        for role, actions in (("editor", ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]), ("reader", ["elasticfilesystem:ClientMount"]), ("nobody", ["elasticfilesystem:ClientWrite"])):
            cls.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
            cls.allow(role, [{"Effect": "Allow", "Action": actions, "Resource": cls.arn, "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": cls.point["AccessPointArn"]}}}])

    @classmethod
    def connect(cls):
        cls.ec2, cls.ecs, cls.iam, cls.efs = (cls.engine.client(s) for s in ("ec2", "ecs", "iam", "efs"))

    @classmethod
    def allow(cls, role, statements):
        cls.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))

    def run_task(self, command, zone=0, role="editor", group=None, user="33:33"):
        definition = self.ecs.register_task_definition(
            family="server", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512", executionRoleArn=self.execution, taskRoleArn=self.execution.replace("execution", role),
            volumes=[{"name": "files", "efsVolumeConfiguration": {"fileSystemId": self.id, "transitEncryption": "ENABLED",
                                                                  "authorizationConfig": {"accessPointId": self.point["AccessPointId"], "iam": "ENABLED"}}}],
            containerDefinitions=[{"name": "server", "image": f"localhost:{self.engine.port}/server:v1", "essential": True, "command": command, "user": user, "readonlyRootFilesystem": True,
                                   "environment": [{"name": "PORT", "value": "8080"}], "mountPoints": [{"sourceVolume": "files", "containerPath": "/mnt/files"}]}])["taskDefinition"]["taskDefinitionArn"]
        answer = self.ecs.run_task(cluster="c", taskDefinition=definition, launchType="FARGATE",
                                   networkConfiguration={"awsvpcConfiguration": {"subnets": [self.subnets[zone]], "securityGroups": [group or self.tasks]}})
        return answer["tasks"][0]["taskArn"]

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="c", tasks=[arn])["tasks"][0]

    def exit_code(self, arn):
        stopped = wait_until(f"the end of {arn}", lambda: (lambda t: t["lastStatus"] == "STOPPED" and t)(self.task(arn)))
        return stopped["containers"][0].get("exitCode", stopped.get("stoppedReason"))

    def listener(self, zone=1):
        """A task that stays, with the address to ask it at."""
        arn = self.run_task(["listen"], zone=zone)

        def running():
            t = self.task(arn)
            self.assertNotEqual(t["lastStatus"], "STOPPED", t.get("stoppedReason"))
            return t["lastStatus"] == "RUNNING" and t
        return arn, {d["name"]: d["value"] for d in wait_until("the reader", running)["attachments"][0]["details"]}

    def fetch(self, details, name):
        return subprocess.run(["ip", "netns", "exec", f"trm-{self.engine.instance}-{details['networkInterfaceId']}", "curl", "-s", "-m", "5", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                               f"http://{details['privateIPv4Address']}:8080/file?/mnt/files/{name}"], capture_output=True, text=True).stdout

    def end(self, arn):
        self.ecs.stop_task(cluster="c", task=arn)
        self.exit_code(arn)

    def read(self, name, zone=1):
        """A file as a new task sees it."""
        arn, details = self.listener(zone)
        text = self.fetch(details, name)
        self.end(arn)
        return text

    def test_one_writes_and_another_reads_also_after_a_stop_of_everything(self):
        self.assertEqual(self.exit_code(self.run_task(["write", "/mnt/files/a.txt", "from the first"])), 0)
        self.assertEqual(self.read("a.txt"), "from the first")
        on_disk = os.stat(self.engine.state_dir / "files" / self.id / "data/public/a.txt")
        self.assertEqual((on_disk.st_uid, on_disk.st_gid), (33, 33))
        self.engine.stop()
        self.engine.verb("--stop-all", "yes")
        self.assertNotIn(self.id, pathlib.Path("/proc/self/mountinfo").read_text())
        self.engine.start()
        self.connect()
        self.assertEqual(self.read("a.txt"), "from the first")
        self.assertGreater(self.efs.describe_file_systems(FileSystemId=self.id)["FileSystems"][0]["SizeInBytes"]["Value"], 0)

    def test_a_task_keeps_its_files_while_both_daemons_are_killed(self):
        arn, details = self.listener()
        for name in ("terrarium-host", "terrariumd"):
            self.assertIsNotNone(self.engine.kill(name))
        self.engine.start()
        self.connect()
        self.assertEqual(self.exit_code(self.run_task(["write", "/mnt/files/d.txt", "from after"])), 0)
        self.assertEqual(self.fetch(details, "d.txt"), "from after")  # the one that was there all the time
        self.assertEqual(self.task(arn)["lastStatus"], "RUNNING")
        self.end(arn)
        mounts = pathlib.Path("/proc/self/mountinfo").read_text()
        self.assertEqual([line for line in mounts.splitlines() if str(self.engine.run_dir / "podman/files") in line], [], "a task's mount outlived it")

    def test_the_role_decides(self):
        self.assertEqual(self.exit_code(self.run_task(["write", "/mnt/files/b.txt", "x"], role="reader")), errno.EROFS)
        self.assertIn("ResourceInitializationError: failed to invoke EFS utils commands", str(self.exit_code(self.run_task(["write", "/mnt/files/b.txt", "x"], role="nobody"))))

    def test_security_groups_decide(self):
        said = str(self.exit_code(self.run_task(["write", "/mnt/files/c.txt", "x"], group=self.others)))
        self.assertIn("mount.nfs4: Connection timed out", said)
        self.assertIn(self.files, said)

    def test_a_user_by_name_is_refused_with_the_reason(self):
        self.assertIn("uid:gid", str(self.exit_code(self.run_task(["listen"], user="www-data"))))


class LastTest(unittest.TestCase):
    """Nothing of a file system is left on the host when its engine is gone."""

    def test_the_host_is_clean(self):
        if not hasattr(FilesTest, "engine"):
            self.skipTest("no engine was started")
        self.assertNotIn(FilesTest.id, pathlib.Path("/proc/self/mountinfo").read_text())
        for device in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
            self.assertNotIn(FilesTest.id, device.read_text())


if __name__ == "__main__":
    unittest.main()
