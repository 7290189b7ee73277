"""Tasks that die and revisions that never live, while a strict client is at the door."""

import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import balanced  # noqa: E402
import task_test  # noqa: E402

WORKERS = 24


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class RecoveryTest(balanced.BalancedTest):
    def test_a_killed_task_costs_what_was_under_way_in_it_and_is_replaced(self):
        with balanced.Load(self.engine, balanced.RATE, "/", "--workers", str(WORKERS)) as load:
            before = self.running()
            address, task = next(iter(before.items()))
            eni = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}["networkInterfaceId"]
            pids = subprocess.run(["ip", "netns", "pids", f"trm-{self.engine.instance}-{eni}"], check=True, capture_output=True, text=True).stdout.split()
            servers = [int(pid) for pid in pids if pathlib.Path("/proc", pid, "cmdline").read_bytes().startswith(b"/server\0")]
            self.assertEqual(len(servers), 1, pids)
            os.kill(servers[0], signal.SIGKILL)
            task_test.wait_until("another task in its place", lambda: len(self.running()) == 2 and address not in self.running() and self.steady(), 60)
            report = load.end()
        stopped = self.task(task["taskArn"])
        self.assertEqual((stopped["stopCode"], stopped["containers"][0]["exitCode"]), ("EssentialContainerExited", 137))
        targets = [t["Target"]["Id"] for t in self.elb.describe_target_health(TargetGroupArn=self.targets)["TargetHealthDescriptions"] if t["TargetHealth"]["State"] == "healthy"]
        self.assertEqual(sorted(targets), sorted(self.running()))
        # One request of each worker is under way at most, and half of them there.
        self.assertLessEqual(report["failed"], WORKERS // 2, report)
        self.assertLessEqual(set(report["failures"]), {"502"}, report)

    def test_a_revision_that_ends_at_once_is_rolled_back_and_nobody_notices(self):
        definition = self.service()["taskDefinition"]
        with balanced.Load(self.engine) as load:
            self.deploy("broken", command=["exit", "3"])
            task_test.wait_until("the rollback", lambda: self.service()["taskDefinition"] == definition and self.steady(), 90)
            report = load.end()
        self.assertEqual(report["failed"], 0, report)
        events = "\n".join(e["message"] for e in self.service()["events"])
        self.assertIn("deployment failed: tasks failed to start.", events)
        self.assertIn("rolling back to deployment", events)


if __name__ == "__main__":
    unittest.main()
