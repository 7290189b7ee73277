"""A temporary Terraform working directory that finds the provider in a local mirror."""

import atexit
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from cloud import Cloud

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD_DIR", "build/release")
VERSION = "6.25.0"
ADDRESS = "registry.terraform.io/hashicorp/aws"

checks = 0
models = {"checked": 0, "skipped": 0}


def model_report():
    return (f"{models['checked']} messages held against the API models, "
            f"{models['skipped']} not, because the models are not at hand")


def check(condition, message):
    """Counts, so that the summary can say how much was looked at."""
    global checks
    if not condition:
        raise AssertionError(message)
    checks += 1


class Mirror:
    """What all workspaces of a test share: the provider, the configuration that leads to it, and one finished init."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tfp-mirror-"))
        atexit.register(shutil.rmtree, self.dir, ignore_errors=True)
        package = self.dir / "mirror" / ADDRESS / VERSION / "linux_amd64"
        package.mkdir(parents=True)
        shutil.copy2(BUILD / "provider_on_test_cloud", package / f"terraform-provider-aws_v{VERSION}")
        self.cli = self.dir / "cli.tfrc"
        self.cli.write_text(
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path = "{self.dir}/mirror"\n    include = ["{ADDRESS}"]\n  }}\n'
            f'  direct {{ exclude = ["{ADDRESS}"] }}\n}}\n')
        self.initialised = self.dir / "initialised"

    def init(self, workspace):
        if not self.initialised.exists():
            workspace.terraform("init")
            shutil.copytree(workspace.work, self.initialised, symlinks=True)
            return
        shutil.copytree(self.initialised, workspace.work, symlinks=True, dirs_exist_ok=True)


mirror = None


class Workspace:
    def __init__(self, **environment):
        global mirror
        mirror = mirror or Mirror()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tfp-test-"))
        self.cloud = Cloud(self.dir / "cloud")
        self.work = self.dir / "work"
        self.work.mkdir()
        self.sockets = self.dir / "sockets"
        self.sockets.mkdir()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "AWS_", "TERRARIUM_"))}
        self.env |= {"TF_CLI_CONFIG_FILE": str(mirror.cli), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
                     "TMPDIR": str(self.sockets),
                     "TERRARIUM_TEST_CLOUD": str(self.cloud.path)} | environment
        self.write("")
        mirror.init(self)

    def close(self):
        orphans, sockets = self.providers(), list(self.sockets.glob("tfp-*"))
        for pid in orphans:  # only ever our own: found by their path in this directory
            os.kill(pid, signal.SIGKILL)
        self.cloud.close()
        models["checked"] += self.cloud.models.checked
        models["skipped"] += self.cloud.models.skipped
        shutil.rmtree(self.dir, ignore_errors=True)
        check(not orphans, "no provider process is left behind")
        check(not sockets, "no socket is left behind")

    def write(self, body, provider=""):
        (self.work / "main.tf").write_text(
            'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n'
            f'      version = "{VERSION}"\n    }}\n  }}\n}}\n'
            f'provider "aws" {{\n  region = "eu-central-1"\n{provider}\n}}\n{body}\n')

    def start(self, *arguments):
        """A running Terraform in a process group of its own, as under a terminal."""
        return subprocess.Popen(["terraform", *arguments, "-no-color"], cwd=self.work, env=self.env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                start_new_session=True)

    def terraform(self, *arguments, expect=0):
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        expected = expect if isinstance(expect, tuple) else (expect,)
        check(process.returncode in expected,
              f"terraform {' '.join(arguments)}: status {process.returncode}, expected {expect}\n{output}")
        return output

    def apply(self, *arguments, expect=0):
        return self.terraform("apply", "-auto-approve", "-input=false", *arguments, expect=expect)

    def plan(self, *arguments):
        """{address: (actions, replace paths)} of what would change."""
        self.terraform("plan", "-input=false", "-out=plan.bin", "-detailed-exitcode", *arguments, expect=(0, 2))
        shown = subprocess.run(["terraform", "show", "-json", "plan.bin"], cwd=self.work, env=self.env, check=True,
                               capture_output=True, text=True)
        return {one["address"]: (one["change"]["actions"], one["change"].get("replace_paths", []))
                for one in json.loads(shown.stdout).get("resource_changes", [])
                if one["change"]["actions"] not in (["no-op"], ["read"])}

    def quick_plan(self):
        """{address: action} from one run: create, update, replace, delete."""
        out = {}
        for line in self.terraform("plan", "-input=false", "-json", "-refresh=false").splitlines():
            event = json.loads(line)
            if event["type"] == "planned_change" and event["change"]["action"] not in ("noop", "read"):
                out[event["change"]["resource"]["addr"]] = event["change"]["action"]
        return out

    def expect_clean(self, what):
        for arguments in ((), ("-refresh=false",)):
            shown = self.terraform("plan", "-input=false", "-detailed-exitcode", *arguments, expect=(0, 2))
            check("No changes." in shown, f"{what}: plan {' '.join(arguments)} is not empty:\n{shown}")

    def state(self):
        return json.loads(self.terraform("state", "pull"))

    def attributes(self, address):
        kind, name = address.split(".")
        for resource in self.state()["resources"]:
            if resource["mode"] == "managed" and (resource["type"], resource["name"]) == (kind, name):
                return resource["instances"][0]["attributes"]
        return None

    def private(self, address):
        kind, name = address.split(".")
        for resource in self.state()["resources"]:
            if (resource["type"], resource["name"]) == (kind, name):
                return json.loads(base64.b64decode(resource["instances"][0].get("private", "")) or "{}")
        return None

    def providers(self):
        """Process ids of providers that Terraform left behind in this workspace; a socket directory tells whose they are."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "exe").startswith(str(mirror.dir)) and f"TMPDIR={self.sockets}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found
