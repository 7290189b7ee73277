"""Rounds of a bad day: Terraform applies a change, a deployment rolls and visitors load pages while terrariumd and terrarium-host are killed at
any moment. Nobody's request fails, everything comes to rest as asked for, and nothing is left over.

TERRARIUM_TEST_ROUNDS: how many (2); TERRARIUM_TEST_SEED: of the dice (printed)."""

import os
import pathlib
import random
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import balanced  # noqa: E402
import task_test  # noqa: E402
from support import ROOT  # noqa: E402
from terraform_test import PROVIDER, TERRAFORM  # noqa: E402

ROUNDS = int(os.environ.get("TERRARIUM_TEST_ROUNDS", "2"))
SEED = int(os.environ.get("TERRARIUM_TEST_SEED", random.randrange(1 << 30)))

CONFIGURATION = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {
  region = "us-east-1"
}
variable "revision" {}
data "aws_availability_zones" "all" {}
resource "aws_vpc" "it" {
  cidr_block = "10.7.0.0/16"
  tags       = { Name = "round-${var.revision}" }
}
resource "aws_subnet" "it" {
  count             = 4
  vpc_id            = aws_vpc.it.id
  cidr_block        = cidrsubnet(aws_vpc.it.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.all.names[count.index % 2]
}
# Replaced in every round, with all that stands on them.
resource "aws_security_group" "it" {
  count       = 3
  name        = "round-${var.revision}-${count.index}"
  description = "round ${var.revision}"
  vpc_id      = aws_vpc.it.id
}
resource "aws_vpc_security_group_ingress_rule" "it" {
  count             = 3
  security_group_id = aws_security_group.it[count.index].id
  cidr_ipv4         = "10.7.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 8000 + count.index
  to_port           = 8000 + count.index
}
resource "aws_lb" "it" {
  name            = "round-${var.revision}"
  internal        = true
  subnets         = [aws_subnet.it[0].id, aws_subnet.it[1].id]
  security_groups = aws_security_group.it[*].id
}
resource "aws_lb_target_group" "it" {
  name        = "round-${var.revision}"
  port        = 80
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.it.id
}
resource "aws_lb_listener" "it" {
  load_balancer_arn = aws_lb.it.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.it.arn
  }
}
"""


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
@unittest.skipUnless(PROVIDER.exists() and TERRAFORM, "needs terraform or tofu, and the target terraform-provider-aws of the release build")
class FaultsTest(balanced.BalancedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        e = cls.engine
        cli = subprocess.run([sys.executable, str(ROOT / "scripts/terraform_cli_config.py"), str(e.folder / "cli"), str(PROVIDER)], capture_output=True, text=True, check=True).stdout.strip()
        cls.environment = {"PATH": os.environ["PATH"], "HOME": str(e.folder), "TF_CLI_CONFIG_FILE": cli, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **e.environment()}
        cls.work = e.folder / "rounds"
        cls.work.mkdir()
        (cls.work / "main.tf").write_text(CONFIGURATION)
        if cls.terraform("init", "-input=false").wait(120) != 0:
            raise AssertionError(cls.said.read_text())

    @classmethod
    def terraform(cls, *arguments):
        # To a file: a pipe that nobody reads would stop it.
        cls.said = cls.work / "said"
        return subprocess.Popen([TERRAFORM, f"-chdir={cls.work}", *arguments, "-no-color"], stdin=subprocess.DEVNULL, stdout=cls.said.open("w"), stderr=subprocess.STDOUT, env=cls.environment)

    def apply(self, revision):
        return self.terraform("apply", "-auto-approve", "-input=false", f"-var=revision={revision}")

    def finish(self, running, codes=(0,)):
        code = running.wait(400)
        self.assertIn(code, codes, self.said.read_text()[-4000:])
        return code

    def interfaces(self):
        return {e["NetworkInterfaceId"] for e in self.ec2.describe_network_interfaces()["NetworkInterfaces"]}

    def on_the_host(self):
        return {found[0] for name in self.engine.namespaces() if (found := re.findall("eni-[0-9a-f]+", name))}

    def test_a_bad_day(self):
        dice = random.Random(SEED)
        print(f"\n    TERRARIUM_TEST_SEED={SEED} TERRARIUM_TEST_ROUNDS={ROUNDS}", file=sys.stderr, flush=True)
        kills, again = 0, 0
        for number in range(1, ROUNDS + 1):
            revision = str(100 + number)
            with self.subTest(round=number), balanced.Load(self.engine) as load:
                self.deploy(revision)
                applying = self.apply(revision)
                try:
                    for _ in range(dice.randint(1, 3)):
                        time.sleep(dice.uniform(0.1, 3))
                        for name in dice.choice([["terrariumd"], ["terrarium-host"], ["terrariumd", "terrarium-host"]]):
                            self.engine.kill(name)
                            kills += 1
                        time.sleep(dice.uniform(0, 1.5))
                        self.engine.start()
                    # An apply that met the gap may have given up: it is repeated as it is.
                    if self.finish(applying, codes=(0, 1)) == 1:
                        again += 1
                        self.finish(self.apply(revision))
                finally:
                    if applying.poll() is None:
                        applying.kill()
                        applying.wait()
                self.finish(self.terraform("plan", "-detailed-exitcode", "-input=false", f"-var=revision={revision}"))
                self.wait_deployed(revision)
                report = load.end()
                self.assertEqual(report["failed"], 0, report)
                task_test.wait_until("each interface once, on the host as in the API", lambda: self.on_the_host() == self.interfaces(), 60)
                self.assertEqual(len(self.running()), self.desired)
                self.assertEqual(len(self.proxies()), 4)
                self.assertEqual(len(self.elb.describe_target_health(TargetGroupArn=self.targets)["TargetHealthDescriptions"]), self.desired)
        self.finish(self.terraform("destroy", "-auto-approve", "-input=false", "-var=revision=0"))
        task_test.wait_until("only the service's own interfaces", lambda: self.on_the_host() == self.interfaces() and len(self.interfaces()) == self.desired + 2, 60)
        self.assertEqual(len(self.proxies()), 2)
        print(f"    {ROUNDS} rounds, {kills} kills, terraform apply repeated {again} times", file=sys.stderr, flush=True)


if __name__ == "__main__":
    unittest.main()
