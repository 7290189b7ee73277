"""The stack of terraform/, as it is, against the cloud of the tests: made, changed, destroyed."""

import shutil
import unittest

import workspace
from workspace import ROOT, Workspace, check

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/drupal@sha256:" + "0" * 64


class Stack(unittest.TestCase):
    def setUp(self):
        self.ws = Workspace(AWS_REGION="eu-central-1")
        self.addCleanup(self.ws.close)
        shutil.rmtree(self.ws.work)
        shutil.copytree(ROOT / "terraform", self.ws.work, ignore=shutil.ignore_patterns("tests", ".terraform*"))
        self.ws.terraform("init")

    def test_whole_life(self):
        self.ws.apply()
        self.ws.expect_clean("made without an image")
        calls = len(self.ws.cloud.calls)
        self.ws.terraform("plan", "-input=false", "-detailed-exitcode")
        calls = len(self.ws.cloud.calls) - calls
        print(f"{calls} calls for a plan of {len(self.resources())} objects without a change")

        release = [f"-var=image={IMAGE}"]
        plan = self.ws.plan(*release)
        changed = sorted(address for address, (actions, _) in plan.items() if actions != ["read"])
        check(changed == ["module.ecs.aws_ecs_service.site", "module.ecs.aws_ecs_task_definition.site"] or
              all("ecs" in address for address in changed), f"a release changes the service and its task definition: {changed}")
        self.ws.apply(*release)
        check(not self.ws.plan(*release), "released")
        (service,) = self.ws.cloud.ecs.things["services"].values()
        check(service["runningCount"] == 1, "the apply waited for the task")

        self.ws.apply("-destroy")
        check(self.resources() == [], "the state is empty")
        check(not self.ws.cloud.everything(), f"the cloud is empty: {self.ws.cloud.everything()}")

    def test_a_release_that_does_not_start_fails_the_apply(self):
        self.ws.apply()
        self.ws.cloud.ecs.broken = "ECS deployment circuit breaker: tasks failed to start."
        output = self.ws.apply(f"-var=image={IMAGE}", expect=1)
        check("tasks failed to start" in output, f"the reason is told\n{output}")

    def resources(self):
        return [r for r in self.ws.state()["resources"] if r["mode"] == "managed"]


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=1).result
    print(f"{workspace.checks} checks passed; {workspace.model_report()}")
    raise SystemExit(not outcome.wasSuccessful())
