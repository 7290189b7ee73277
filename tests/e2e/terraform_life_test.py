"""Every resource type through its life with the unmodified Terraform on a running engine: made, no difference with and without a refresh,
changed in place, replaced, imported, destroyed; and then the host is as it was."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from oci_image import write_image  # noqa: E402
from support import BUILD, ROOT, TestEngine  # noqa: E402
from terraform_test import PROVIDER, TERRAFORM  # noqa: E402

CONFIGURATION = (pathlib.Path(__file__).resolve().parent / "terraform_life.tf").read_text()
# What a step changes, by how Terraform is to do it. Whatever else is planned is a defect.
STEP_1_IN_PLACE = {
    "aws_cloudwatch_log_group.it", "aws_db_instance.it", "aws_db_parameter_group.it", "aws_db_subnet_group.it", "aws_ecr_repository.it", "aws_ecs_cluster.it", "aws_ecs_service.it", "aws_iam_policy.it",
    "aws_iam_role.it", "aws_iam_role_policy.it", "aws_kms_alias.it", "aws_kms_key.it", "aws_lb.it", "aws_lb_listener.it", "aws_lb_target_group.it", "aws_secretsmanager_secret.it", "aws_security_group.task",
    "aws_vpc_security_group_ingress_rule.front",
}
STEP_2_REPLACED = {
    "aws_cloudwatch_log_group.it", "aws_ecr_repository.it", "aws_ecs_task_definition.it", "aws_iam_policy.it", "aws_iam_role_policy_attachment.it", "aws_kms_alias.it",
    "aws_secretsmanager_secret.it", "aws_secretsmanager_secret_version.it",
}
STEP_2_IN_PLACE = {"aws_ecs_service.it", "aws_iam_role_policy.it"}
IMPORT_ID = {
    "aws_db_instance": lambda a: a["identifier"],
    "aws_ecs_cluster": lambda a: a["name"],
    "aws_ecs_service": lambda a: a["cluster"].rsplit("/", 1)[-1] + "/" + a["name"],
    "aws_ecs_task_definition": lambda a: a["arn"],
    "aws_iam_role_policy_attachment": lambda a: f"{a['role']}/{a['policy_arn']}",
    "aws_route": lambda a: f"{a['route_table_id']}_{a['destination_cidr_block']}",
    "aws_route_table_association": lambda a: f"{a['subnet_id']}/{a['route_table_id']}",
}
# Arguments that the API does not tell again: an import sets them in the state, in place.
IMPORTED_IN_PLACE = {"aws_db_instance.it", "aws_ecr_repository.it", "aws_ecs_service.it", "aws_kms_key.it", "aws_kms_key.other", "aws_secretsmanager_secret.it"}


def has_program(engine, name):
    return subprocess.run([sys.executable, str(ROOT / "scripts/program_root.py"), "ensure", name, "--state-dir", str(engine.state_dir)], capture_output=True).returncode == 0


@unittest.skipUnless(os.geteuid() == 0, "needs root: what Terraform asks for is made on the host")
@unittest.skipUnless(PROVIDER.exists() and TERRAFORM, "needs terraform or tofu, and the target terraform-provider-aws of the release build")
class TerraformLifeTest(unittest.TestCase):
    def setUp(self):
        self.engine = TestEngine()
        self.addCleanup(self.engine.close)
        for program in ("haproxy", "mysql"):
            if not has_program(self.engine, program):
                self.skipTest(f"the program root {program} cannot be had")
        self.engine.start()
        cli = subprocess.run([sys.executable, str(ROOT / "scripts/terraform_cli_config.py"), str(self.engine.folder / "cli"), str(PROVIDER)], capture_output=True, text=True, check=True).stdout.strip()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.engine.folder), "TF_CLI_CONFIG_FILE": cli, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **self.engine.environment()}
        self.work = self.engine.folder / "work"
        self.work.mkdir()
        (self.work / "main.tf").write_text(CONFIGURATION)
        self.push_image()
        self.terraform("init", "-input=false")

    def push_image(self):
        e = self.engine
        e.client("ecr").create_repository(repositoryName="server")
        image = e.folder / "image"
        write_image(image, {"server": (BUILD / "tests/support/image/server").read_bytes()}, "v1", config={"Entrypoint": ["/server"], "ExposedPorts": {"80/tcp": {}}}, modes={"server": 0o755})
        password = subprocess.run(["/usr/bin/aws", "--endpoint-url", e.endpoint, "ecr", "get-login-password"], capture_output=True, text=True, check=True,
                                  env={"PATH": "/usr/bin:/bin", "HOME": str(e.folder), **e.environment()}).stdout.strip()
        subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", f"AWS:{password}", f"oci:{image}:v1", f"docker://localhost:{e.port}/server:v1"], check=True, capture_output=True)

    def terraform(self, *arguments, codes=(0,)):
        done = subprocess.run([TERRAFORM, f"-chdir={self.work}", *arguments, "-no-color"], capture_output=True, text=True, env=self.environment, timeout=400)
        self.assertIn(done.returncode, codes, f"terraform {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def variables(self, step):
        return ["-input=false", f"-var=step={step}", f"-var=port={self.engine.port}"]

    def apply(self, step):
        return self.terraform("apply", "-auto-approve", *self.variables(step))

    def planned(self, step, *arguments):
        """{address: "update", "replace", …} of what would change."""
        out = {}
        for line in self.terraform("plan", "-json", *arguments, *self.variables(step)).splitlines():
            event = json.loads(line)
            if event["type"] == "planned_change" and event["change"]["action"] not in ("noop", "read"):
                out[event["change"]["resource"]["addr"]] = event["change"]["action"]
        return out

    def assert_no_difference(self, step, when):
        for arguments in ((), ("-refresh=false",)):
            planned = self.planned(step, *arguments)
            self.assertEqual(planned, {}, f"{when}, {arguments}: {self.terraform('plan', *arguments, *self.variables(step))[-6000:] if planned else ''}")

    def resources(self):
        """{address: attributes} of the state."""
        state = json.loads(self.terraform("state", "pull"))
        return {f"{r['type']}.{r['name']}": r["instances"][0]["attributes"] for r in state["resources"] if r["mode"] == "managed"}

    def import_everything(self, step):
        before = self.resources()
        self.terraform("state", "rm", *before)
        blocks = [f'import {{\n  to = {address}\n  id = "{IMPORT_ID.get(address.split(".")[0], lambda a: a["id"])(attributes)}"\n}}\n' for address, attributes in before.items()]
        (self.work / "imports.tf").write_text("".join(blocks))
        changes = {a: action for a, action in self.planned(step).items() if action != "import"}
        self.assertEqual({a for a, action in changes.items() if action != "update"}, set(), "imported means neither made nor replaced")
        self.assertLessEqual(set(changes), IMPORTED_IN_PLACE)
        out = self.apply(step)
        self.assertRegex(out, rf"{len(before)} imported, 0 added, \d+ changed, 0 destroyed")
        (self.work / "imports.tf").unlink()
        after = self.resources()
        self.assertEqual({a: v["id"] for a, v in after.items()}, {a: v["id"] for a, v in before.items()})

    def test_every_type_through_its_life(self):
        self.apply(0)
        born = self.resources()
        types = {t for t in re.findall(r'^resource "(\w+)"', CONFIGURATION, re.M)}
        self.assertEqual({a.split(".")[0] for a in born}, types)
        self.assert_no_difference(0, "made")

        self.assertEqual(self.planned(1), {a: "update" for a in STEP_1_IN_PLACE})
        self.apply(1)
        self.assert_no_difference(1, "changed in place")
        self.assertEqual({a: v["id"] for a, v in self.resources().items()}, {a: v["id"] for a, v in born.items()})

        planned = self.planned(2)
        self.assertEqual({a for a, action in planned.items() if action == "replace"}, STEP_2_REPLACED)
        self.assertEqual({a for a, action in planned.items() if action == "update"}, STEP_2_IN_PLACE)
        self.apply(2)
        self.assert_no_difference(2, "replaced")

        self.import_everything(2)
        self.assert_no_difference(2, "imported")

        self.terraform("destroy", "-auto-approve", *self.variables(2))
        self.assertEqual(self.resources(), {})
        ec2, rds, elb, ecs = (self.engine.client(s) for s in ("ec2", "rds", "elbv2", "ecs"))
        self.assertEqual([v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]], [])
        self.assertEqual(rds.describe_db_instances()["DBInstances"], [])
        self.assertEqual(elb.describe_load_balancers()["LoadBalancers"], [])
        self.assertEqual(ecs.list_clusters()["clusterArns"], [])


if __name__ == "__main__":
    unittest.main()
