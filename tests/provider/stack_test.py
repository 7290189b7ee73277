"""The stack of terraform/, as it is, against the cloud of the tests: made, changed, destroyed."""

import collections
import shutil
import unittest

import workspace
from workspace import ROOT, Workspace, check

MOST_CALLS = 100
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
        before = len(self.ws.cloud.calls)
        self.ws.terraform("plan", "-input=false", "-detailed-exitcode")
        calls = collections.Counter(operation for _, operation, _ in self.ws.cloud.calls[before:])
        print(f"{calls.total()} calls for a plan of {sum(len(r['instances']) for r in self.resources())} objects without a change: {dict(calls.most_common(8))}")
        check(calls.total() <= MOST_CALLS, f"a plan makes at most {MOST_CALLS} calls: {calls}")

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

    def test_a_refresh_grows_slower_than_what_it_refreshes(self):
        """Objects that are read at the same time are one call; ten are, with Terraform's usual parallelism."""
        shutil.rmtree(self.ws.work)
        self.ws.work.mkdir()
        self.ws.write('''resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/8"
}
resource "aws_subnet" "s" {
  count      = 40
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.${count.index}.0/24"
}
resource "aws_security_group" "g" {
  name   = "g"
  vpc_id = aws_vpc.v.id
}
resource "aws_vpc_security_group_ingress_rule" "r" {
  count             = 40
  security_group_id = aws_security_group.g.id
  ip_protocol       = "tcp"
  from_port         = count.index
  to_port           = count.index
  cidr_ipv4         = "10.0.0.0/8"
}
''')
        self.ws.terraform("init")
        self.ws.apply()
        before = len(self.ws.cloud.calls)
        self.ws.expect_clean("made")  # one of its two plans refreshes
        calls = collections.Counter(operation for _, operation, _ in self.ws.cloud.calls[before:])
        print(f"{calls.total()} calls for a refresh of 82 objects: {dict(calls.most_common(4))}")
        # How many come together depends on the machine's load; that each is a call of its own must not be.
        check(calls["DescribeSubnets"] + calls["DescribeSecurityGroupRules"] < 80, f"fewer than one call an object: {calls}")

    def test_a_release_that_does_not_start_fails_the_apply(self):
        self.ws.apply()
        self.ws.cloud.ecs.broken = "ECS deployment circuit breaker: tasks failed to start."
        output = self.ws.apply(f"-var=image={IMAGE}", expect=1)
        check("tasks failed to start" in output, f"the reason is told\n{output}")

    def resources(self):
        return [r for r in self.ws.state()["resources"] if r["mode"] == "managed"]


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=1).result
    wrong = len(outcome.failures) + len(outcome.errors)
    print(f"{workspace.checks} checks of Terraform; {workspace.model_report()}")
    print(f"{outcome.testsRun - wrong} passed, {wrong} failed, 0 skipped")
    raise SystemExit(not outcome.wasSuccessful())
