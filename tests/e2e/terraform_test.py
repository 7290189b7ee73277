"""`terraform apply` of modules of the stack against the running engine, with our provider: made, no difference, adopted after SIGKILL, destroyed, host clean."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support import ROOT, TestEngine  # noqa: E402
from task_test import wait_until  # noqa: E402

PROVIDER = pathlib.Path(os.environ.get("TERRARIUM_PROVIDER", ROOT / "build/release/terraform-provider-aws"))
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")


@unittest.skipUnless(os.geteuid() == 0, "needs root: VPCs are namespaces")
@unittest.skipUnless(PROVIDER.exists() and TERRAFORM, "needs terraform or tofu, and the target terraform-provider-aws of the release build")
class TerraformTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = TestEngine()
        cls.addClassCleanup(cls.engine.close)
        cls.engine.start()
        made = subprocess.run([sys.executable, str(ROOT / "scripts/terraform_cli_config.py"), str(cls.engine.folder / "cli"), str(PROVIDER)], capture_output=True, text=True, check=True)
        cls.environment = {"PATH": os.environ["PATH"], "HOME": str(cls.engine.folder), "TF_CLI_CONFIG_FILE": made.stdout.strip(), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **cls.engine.environment()}

    def terraform(self, module, *arguments, codes=(0,)):
        folder = self.engine.folder / "modules" / module
        if not folder.exists():
            shutil.copytree(ROOT / "terraform" / module, folder)
            self.terraform(module, "init", "-input=false")
        done = subprocess.run([TERRAFORM, f"-chdir={folder}", *arguments, "-no-color"], capture_output=True, text=True, env=self.environment, timeout=300)
        self.assertIn(done.returncode, codes, f"terraform {' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def lifecycle(self, module, *variables):
        arguments = [a for v in variables for a in ("-var", v)]
        self.terraform(module, "apply", "-auto-approve", "-input=false", *arguments)
        self.assertEqual(self.terraform(module, "plan", "-detailed-exitcode", "-input=false", *arguments, codes=(0, 2)).returncode, 0, "a second plan sees a difference")
        return arguments

    def namespaces(self):
        return sorted(n for n in self.engine.namespaces() if "-vpc-" in n)

    def test_the_network_module_is_made_true_and_taken_away(self):
        arguments = self.lifecycle("network", "name=drupal")
        made = wait_until("the VPC's namespace", self.namespaces)
        # Whoever dies is started again and finds everything as it was.
        for name in ("terrariumd", "terrarium-host"):
            self.engine.kill(name, signal.SIGKILL)
        self.engine.start()
        self.assertEqual(self.terraform("network", "plan", "-detailed-exitcode", "-input=false", *arguments, codes=(0, 2)).returncode, 0)
        self.assertEqual(self.namespaces(), made)
        self.terraform("network", "destroy", "-auto-approve", "-input=false", *arguments)
        wait_until("a host without the VPC", lambda: not self.namespaces())

    def test_the_repository_module_is_made_and_taken_away(self):
        arguments = self.lifecycle("ecr", "name=drupal")
        self.assertEqual([r["repositoryName"] for r in self.engine.client("ecr").describe_repositories()["repositories"]], ["drupal"])
        self.terraform("ecr", "destroy", "-auto-approve", "-input=false", *arguments)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class CleanHostTest(unittest.TestCase):
    def test_an_engine_that_had_a_network_and_tasks_leaves_nothing(self):
        engine = TestEngine()
        self.addCleanup(engine.close)
        engine.start()
        ec2 = engine.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        ec2.create_network_interface(SubnetId=subnet)
        wait_until("the interface's namespace", lambda: any("-eni-" in n for n in engine.namespaces()))
        engine.stop()
        removed = engine.verb("--remove-all", "yes")
        self.assertEqual(removed.returncode, 0, removed.stderr)
        engine.remove_state()
        self.assertEqual(engine.leftovers(), [])


if __name__ == "__main__":
    unittest.main()
