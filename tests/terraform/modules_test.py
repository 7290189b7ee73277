#!/usr/bin/env python3
"""The Terraform modules: how they are written, that they are valid, and their own tests.

    modules_test.py [--provider FILE] [module …]

FILE is a terraform-provider-aws; without it the one of this repository's release build. Nothing is created: every
test of a module only plans.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "terraform"
TOOL = "terraform" if shutil.which("terraform") or not shutil.which("tofu") else "tofu"
MODULES = [".", "network", "ecr", "rds", "ecs", "efs"]
FILES = ["main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md"]


def blocks(text, kind):
    """Top-level blocks of a formatted file: (name, body)."""
    return re.findall(rf'^{kind} "([^"]+)" {{\n(.*?)^}}', text, re.M | re.S)


def written_rules(module):
    """What is wrong with how a module is written."""
    folder = TERRAFORM / module
    problems = [f"{name} is missing" for name in FILES if not (folder / name).is_file()]
    if not list((folder / "tests").glob("*.tftest.hcl")):
        problems.append("it has no test")
    texts = {path.name: path.read_text() for path in sorted(folder.glob("*.tf"))}
    everything = "\n".join(texts.values())
    if "terrarium" in everything.lower():
        problems.append("it knows what it runs on: a module is plain Terraform for AWS")
    if sources := set(re.findall(r'^\s+source\s+= "([^."][^"]*)"', everything, re.M)) - {"hashicorp/aws"}:
        problems.append(f"it uses {', '.join(sorted(sources))}: no provider and no module but hashicorp/aws and ours")
    for kind, required in (("variable", ("description", "type")), ("output", ("description",))):
        for name, body in blocks(everything, kind):
            for argument in required:
                if not re.search(rf"^  {argument}\s+=", body, re.M):
                    problems.append(f'{kind} "{name}" has no {argument}')
    tests = "\n".join(path.read_text() for path in folder.glob("tests/*.tftest.hcl"))
    for name, body in blocks(everything, "variable"):
        if "validation {" in body and f"[var.{name}]" not in tests:
            problems.append(f'no test shows that variable "{name}" refuses anything')
    if "```hcl" not in (folder / "README.md").read_text():
        problems.append("README.md has no worked example")
    return problems


def policy_rules():
    """What is wrong with the deploy role's policy."""
    text = (TERRAFORM / "deploy-role-policy.json").read_text()
    policy = json.loads(text)
    problems = []
    for statement in policy["Statement"]:
        if any("*" in action for action in statement["Action"]):
            problems.append(f"{statement['Sid']} allows a pattern of actions: name each")
        if statement["Action"] != sorted(set(statement["Action"])):
            problems.append(f"{statement['Sid']}: actions are not sorted, or one is there twice")
        if "iam:PassRole" in statement["Action"] and \
                statement.get("Condition") != {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}:
            problems.append("a role may be passed to more than ECS tasks")
        if statement["Resource"] == "*" and any(action.startswith("iam:") for action in statement["Action"]):
            problems.append(f"{statement['Sid']} reaches every role")
    if len(json.dumps(policy, separators=(",", ":"))) > 10240:
        problems.append("the policy is larger than a role takes (10,240 characters)")
    return problems


def run(command, folder, environment):
    result = subprocess.run(command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return result.returncode, result.stdout


def module_tests(module, copy, environment):
    """(problems, number of test runs, why skipped) of one module, in a copy: Terraform writes beside what it reads."""
    folder = copy / module
    for command in (["get", "-no-color"], ["validate", "-no-color"]):
        code, output = run([TOOL, *command], folder, environment)
        if code:
            return [f"terraform {command[0]}:\n{output}"], 0, None
    code, output = run([TOOL, "test", "-no-color"], folder, environment)
    passed = re.search(r"^(?:Success|Failure)! (\d+) passed", output, re.M)
    if code or not passed:
        return [f"terraform test:\n{output}"], 0, None
    return [], int(passed.group(1)), None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--provider", type=pathlib.Path,
                        default=ROOT / os.environ.get("BUILD_DIR", "build/release") / "terraform-provider-aws")
    parser.add_argument("modules", nargs="*", metavar="module", default=MODULES)
    arguments = parser.parse_args()

    passed = failed = skipped = 0

    def report(title, problems, note="", runs=1, why_skipped=None):
        nonlocal passed, failed, skipped
        if why_skipped:
            skipped += 1
            print(f"skipped {title}: {why_skipped}")
            return
        passed, failed = passed + (0 if problems else runs), failed + bool(problems)
        print(f"{'FAILED' if problems else 'ok':<7} {title}{note}")
        for problem in problems:
            print("        " + problem.rstrip().replace("\n", "\n        "))

    for module in arguments.modules:
        report(f"{module}: as written", written_rules(module))
    report("deploy-role-policy.json", policy_rules())
    code, output = run([TOOL, "fmt", "-check", "-recursive", "-diff", "-no-color"], TERRAFORM, os.environ)
    report("format", [output] if code else [])

    if not arguments.provider.is_file():
        report("terraform test", [f"{arguments.provider} is not there: build it, or name another with --provider"])
    else:
        test_modules(arguments, report)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def test_modules(arguments, report):
    with tempfile.TemporaryDirectory(prefix="terraform-modules-") as name:
        temporary = pathlib.Path(name)
        (temporary / "provider").mkdir()
        shutil.copy(arguments.provider, temporary / "provider/terraform-provider-aws")
        (temporary / "cli.tfrc").write_text(
            "provider_installation {\n"
            f'  dev_overrides {{ "hashicorp/aws" = "{temporary}/provider" }}\n  direct {{}}\n}}\n')
        # Neither the user's credentials nor an endpoint: a test that makes a call must fail.
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AWS_"))}
        environment |= {"TF_CLI_CONFIG_FILE": str(temporary / "cli.tfrc"), "CHECKPOINT_DISABLE": "1",
                        "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true",
                        "HOME": str(temporary)}
        copy = temporary / "terraform"
        shutil.copytree(TERRAFORM, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))

        def timed(module):
            start = time.monotonic()
            # A copy for each, because the root module's copy holds the others.
            folder = temporary / f"copy-{module.replace('.', 'root')}"
            shutil.copytree(copy, folder)
            problems, count, why_skipped = module_tests(module, folder, environment)
            return module, problems, count, why_skipped, time.monotonic() - start

        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for module, problems, count, why_skipped, seconds in pool.map(timed, arguments.modules):
                report(f"{module}: terraform test", problems, f" ({count} runs, {seconds:.1f} s)", count, why_skipped)


if __name__ == "__main__":
    sys.exit(main())
