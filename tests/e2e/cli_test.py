"""`terrarium` against a running engine: what the screens say is what the API and the door show, and exit codes are what scripts rely on."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from proof_stack import ProofStack  # noqa: E402
from support import BUILD  # noqa: E402

PROGRAM = pathlib.Path(os.environ.get("TERRARIUM_PROGRAM", BUILD / "terrarium"))


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class CliTest(ProofStack):
    """One stack without a database; the tests go from looking to breaking."""

    def terrarium(self, *words, environment=None):
        """The finished process. Without AWS_ENDPOINT_URL it finds the engine by its state folder and port."""
        place = [] if environment else ["--state-dir", str(self.engine.state_dir), "--port", str(self.engine.port)]
        done = subprocess.run([str(PROGRAM), *words, *place, "--door-port", str(self.engine.door)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                              env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(environment or {})})
        print(f"\n$ terrarium {' '.join(words)}\n{done.stderr}{done.stdout}[{done.returncode}]", file=sys.stderr, flush=True)
        return done

    def document(self, *words, **options):
        done = self.terrarium(*words, "--json", **options)
        return done.returncode, json.loads(done.stdout)

    def revision(self):
        return self.ecs.describe_services(cluster="drupal", services=["drupal"])["services"][0]["taskDefinition"]

    def test_1_screens_show_what_the_api_shows(self):
        code, status = self.document("status")
        parts = {p["name"]: p for p in status["parts"]}
        self.assertEqual({n: p["state"] for n, p in parts.items()}, {"site": "as_asked", "deployment": "as_asked", "tasks": "as_asked", "targets": "as_asked", "database": "absent"})
        self.assertEqual((code, parts["site"]["facts"]["status"], parts["targets"]["facts"]["healthy"]), (3, 200, 2))
        by_environment, same = self.document("status", environment=self.engine.environment())
        self.assertEqual((by_environment, same["as_asked"], same["where"]), (3, False, "this machine"))
        self.assertEqual(self.terrarium("wait", "targets").returncode, 0)
        self.assertEqual(self.terrarium("wait", "db").returncode, 3)
        self.assertEqual(self.terrarium("open").stdout, f"http://localhost:{self.engine.door}/\n")
        events = [json.loads(line) for line in self.terrarium("logs", "--json", "--source", "events,app").stdout.splitlines()]
        self.assertTrue(any("has reached a steady state" in e["message"] for e in events))
        for what in ("service", "targets", "alb", "drupal"):
            self.assertEqual(self.document("why", what)[1]["as_asked"], True, what)

    def test_1_reachability_is_that_of_the_groups(self):
        for path, reachable in (("internet alb 80", True), ("internet alb 443", False), ("alb task 80", True), ("internet task 80", False), ("task internet 443", True), ("task internet 80", False)):
            code, why = self.document("why", *path.split())
            self.assertEqual((code, why["reachable"]), (0 if reachable else 3, reachable), why)

    def test_2_a_deployment_is_followed_to_its_end(self):
        before = self.revision()
        code, report = self.document("deploy", "--image", "server:v1", "--gate", "exit 0")
        self.assertEqual((code, report["ok"], report["rolled_back"], report["pages_failed"]), (0, True, False, 0), report)
        self.assertGreater(report["pages_asked"], 0)
        after = self.revision()
        self.assertNotEqual(after, before)
        image = self.ecs.describe_task_definition(taskDefinition=after)["taskDefinition"]["containerDefinitions"][0]["image"]
        self.assertIn("/server@sha256:", image)

    def test_3_a_gate_that_fails_leaves_the_service_alone(self):
        before = self.revision()
        done = self.terrarium("deploy", "--image", f"localhost:{self.engine.port}/server:v1", "--gate", "exit 4")
        self.assertEqual(done.returncode, 1)
        self.assertIn("TR-GATE", done.stderr)
        self.assertIn("exit 4", done.stderr)
        self.assertEqual(self.revision(), before)

    def test_4_rolled_back_is_exit_seven_and_says_why(self):
        before = self.revision()
        self.assertEqual(self.terrarium("deploy", "--image", "server:absent").returncode, 1)  # seen before anything changes
        done = self.terrarium("deploy", "--image", f"localhost:{self.engine.port}/server:absent", "--no-gate")
        self.assertEqual(done.returncode, 7)
        self.assertIn("ROLLED BACK", done.stdout.splitlines()[1])
        self.assertIn("CannotPullContainerError", done.stdout)
        self.assertIn("exit 7", done.stdout.splitlines()[-1])
        self.assertEqual(self.revision(), before)
        task = next(a for a in self.ecs.list_tasks(cluster="drupal", desiredStatus="STOPPED")["taskArns"]
                    if "CannotPull" in self.ecs.describe_tasks(cluster="drupal", tasks=[a])["tasks"][0]["stoppedReason"])
        code, why = self.document("why", task.rsplit("/", 1)[1][:12])
        self.assertEqual(code, 3)
        self.assertIn("repository server has no absent", why["because"][1]["text"])

    def test_5_nobody_there_is_exit_five_and_a_wrong_key_four(self):
        self.assertEqual(self.terrarium("status", environment={**self.engine.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).returncode, 5)
        wrong = self.terrarium("status", environment={**self.engine.environment(), "AWS_SECRET_ACCESS_KEY": "wrong"})
        self.assertEqual(wrong.returncode, 4)
        self.assertIn("TR-CREDENTIALS", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
