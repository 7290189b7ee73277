"""How the Terraform modules are written. (That they are valid and plan what they should: tests/terraform/modules_test.py.)"""

import os
import pathlib
import shutil
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/terraform"))
import modules_test  # noqa: E402


class TerraformTest(unittest.TestCase):
    def test_modules_are_described_validated_and_plain(self):
        for module in modules_test.MODULES:
            with self.subTest(module=module):
                self.assertEqual([], modules_test.written_rules(module))

    def test_deploy_role_is_least_privileged(self):
        self.assertEqual([], modules_test.policy_rules())

    def test_format(self):
        if not shutil.which(modules_test.TOOL):
            self.skipTest("neither terraform nor tofu is on the PATH")
        code, output = modules_test.run([modules_test.TOOL, "fmt", "-check", "-recursive", "-diff", "-no-color"],
                                        modules_test.TERRAFORM, os.environ)
        self.assertEqual(0, code, output)


if __name__ == "__main__":
    unittest.main()
