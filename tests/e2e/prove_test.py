"""The claims hold on a stack that is well, and each is refuted where what it claims is broken."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import proof_stack  # noqa: E402
import task_test  # noqa: E402

RATE = os.environ.get("TERRARIUM_TEST_RATE", "100")


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class ProveTest(proof_stack.ProofStack):
    def verdicts(self, *claims):
        code, report = self.prove(*claims, "--rate", RATE, "--freeze", "5s", "--seed", "1")
        self.assertIsNotNone(report)
        return code, {c["name"]: c["verdict"] for c in report["claims"]}, report

    def test_what_dies_is_replaced_or_adopted_and_no_deployment_loses_a_request(self):
        code, verdicts, report = self.verdicts("task-kill", "daemon-kill", "deploy")
        self.assertEqual(verdicts, {"task-kill": "proved", "daemon-kill": "proved", "deploy": "proved"}, report)
        self.assertEqual(code, 0)

    def test_packets_arrive_where_the_groups_allow_them(self):
        code, verdicts, report = self.verdicts("isolation")
        self.assertEqual((code, verdicts), (0, {"isolation": "proved"}), report)
        values = report["claims"][0]["values"]
        # The internet, two nodes of the load balancer, two tasks, an outsider; and tasks of other tests that are still ending.
        self.assertGreaterEqual(len(values["stations"]), 6, values)
        self.assertGreaterEqual(values["allowed"], 8, values)

    def test_a_rule_too_many_refutes_isolation(self):
        rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.ec2.authorize_security_group_ingress(GroupId=self.groups["task"], IpPermissions=rule)
        self.addCleanup(self.ec2.revoke_security_group_ingress, GroupId=self.groups["task"], IpPermissions=rule)
        code, verdicts, report = self.verdicts("isolation")
        self.assertEqual((code, verdicts), (3, {"isolation": "refuted"}), report)
        self.assertIn("tcp 22: open, which this stack must never allow", " ".join(report["claims"][0]["evidence"]))

    def test_a_firewall_that_forgets_refutes_isolation(self):
        inside = ["ip", "netns", "exec", f"trm-{self.engine.instance}-{self.vpc}", "nft"]
        subprocess.run([*inside, "insert", "rule", "inet", "vpc", "f_sgin", "accept"], check=True)

        def mend():
            listed = subprocess.run([*inside, "-a", "list", "chain", "inet", "vpc", "f_sgin"], check=True, capture_output=True, text=True).stdout
            for line in listed.splitlines():
                if line.strip().startswith("accept # handle"):
                    subprocess.run([*inside, "delete", "rule", "inet", "vpc", "f_sgin", "handle", line.split()[-1]], check=True)
        self.addCleanup(mend)
        code, verdicts, report = self.verdicts("isolation")
        self.assertEqual((code, verdicts), (3, {"isolation": "refuted"}), report)
        self.assertIn("but the rules forbid it", " ".join(report["claims"][0]["evidence"]))

    def test_no_permission_is_there_in_vain_and_the_task_role_has_none(self):
        code, verdicts, report = self.verdicts("least-privilege")
        self.assertEqual((code, verdicts), (0, {"least-privilege": "proved"}), report)
        self.assertIn("secretsmanager:GetSecretValue", report["claims"][0]["values"]["by_task"])
        self.iam.put_role_policy(RoleName=f"{proof_stack.NAME}-task", PolicyName="too-much",
                                 PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:ListClusters", "Resource": "*"}]}))
        self.addCleanup(self.iam.delete_role_policy, RoleName=f"{proof_stack.NAME}-task", PolicyName="too-much")
        code, verdicts, report = self.verdicts("least-privilege")
        self.assertEqual((code, verdicts), (3, {"least-privilege": "refuted"}), report)
        self.assertIn("the task role may ecs:ListClusters", report["claims"][0]["evidence"])
        # Nothing of the experiments stays.
        self.assertEqual([r["RoleName"] for r in self.iam.list_roles()["Roles"] if "-prove-" in r["RoleName"]], [])

    def test_a_task_that_dies_with_the_daemons_is_no_adoption(self):
        tasks = self.ecs.list_tasks(cluster=proof_stack.NAME, serviceName=proof_stack.NAME)["taskArns"]
        victim = self.ecs.describe_tasks(cluster=proof_stack.NAME, tasks=tasks)["tasks"][0]
        first = self.first_process(victim)

        def break_it():
            # As soon as the experiment has begun: the daemons are not those that ran before.
            pid = self.engine._pid("terrariumd")
            task_test.wait_until("a restarted terrariumd", lambda: self.engine._pid("terrariumd") not in (pid, None), 120)
            os.kill(first, signal.SIGKILL)
        breaker = threading.Thread(target=break_it)
        breaker.start()
        code, verdicts, report = self.verdicts("daemon-kill")
        breaker.join()
        self.assertEqual((code, verdicts), (3, {"daemon-kill": "refuted"}), report)
        self.assertIn("was not kept", " ".join(report["claims"][0]["evidence"]))

    def first_process(self, task):
        """The pid of the container's first process, by the namespace of the task's interface."""
        eni = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}["networkInterfaceId"]
        space = os.stat(f"/run/netns/trm-{self.engine.instance}-{eni}")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                here = os.stat(f"/proc/{pid}/ns/net")
                status = pathlib.Path("/proc", pid, "status").read_text()
            except OSError:
                continue
            if (here.st_dev, here.st_ino) == (space.st_dev, space.st_ino) and any(line.startswith("NSpid:") and line.split()[-1] == "1" and len(line.split()) > 2 for line in status.splitlines()):
                return int(pid)
        raise AssertionError("no process")


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class DestroyTest(proof_stack.ProofStack):
    desired = 1

    def test_a_destroyed_stack_leaves_nothing_and_what_is_left_is_found(self):
        code, report = self.prove("clean-destroy")
        self.assertEqual((code, report["claims"][0]["verdict"]), (9, "not_run"), report)
        left = subprocess.Popen(["tail", "-f", "/dev/null", f"{self.engine.run_dir}/left"])
        self.addCleanup(left.wait)
        self.addCleanup(left.kill)
        code, report = self.prove("clean-destroy", "--disposable")
        self.assertEqual((code, report["claims"][0]["verdict"]), (3, "refuted"), report)
        self.assertEqual([line for line in report["claims"][0]["evidence"] if not line.startswith("destroy ended")], [f"process {left.pid} tail"])


if __name__ == "__main__":
    unittest.main()
