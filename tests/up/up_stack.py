"""The stack of the tests in this folder: brought up once by `make up`'s own program, with the release build, the canary and everything real."""

import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "clients"), str(ROOT / "scripts")]

from support import free_port  # noqa: E402
from stacklib.cloud import Cloud  # noqa: E402
from stacklib.engine import Engine  # noqa: E402
from stacklib.site import Site  # noqa: E402
from stacklib.terraform import Terraform  # noqa: E402

BUILD = ROOT / "build" / "release"
# Where the modules can give the tasks one folder for uploads, the stack has two tasks that share it.
SHARES_FILES = 'variable "shared_files"' in (ROOT / "terraform" / "variables.tf").read_text()
TASKS = 2 if SHARES_FILES else 1


class UpStack:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="terrarium-up-"))
        os.chmod(self.folder, 0o755)
        self.port, self.door = free_port(), free_port()
        self.instance = "u" + re.sub("[^a-z0-9]", "0", self.folder.name[-6:].lower())
        self.engine = Engine(BUILD, self.instance, self.folder / "state", port=self.port, door=self.door)

    def close(self):
        self.engine.stop()
        self.engine.verb("--remove-all", "yes")
        self.engine.remove_state()
        subprocess.run(["rm", "-rf", "--", str(self.folder)], check=True)

    def run(self, verb, *more, code=0):
        """What scripts/stack.py says."""
        variables = {"TF_VAR_shared_files": "true", "TF_VAR_desired_count": str(TASKS)} if SHARES_FILES else {}
        done = subprocess.run([sys.executable, str(ROOT / "scripts/stack.py"), verb, "--instance", self.instance, "--state-dir", str(self.folder / "state"), "--port", str(self.port),
                               "--door", str(self.door), "--build", str(BUILD), *more], capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL, env={**os.environ, **variables})
        if done.returncode != code:
            raise AssertionError(f"{verb} ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    @functools.cached_property
    def first(self):
        """What the first `up` said. Whoever needs the stack asks for this."""
        return self.run("up", "--canary")

    def get(self, path, method="GET"):
        try:
            with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.door}{path}", method=method), timeout=20) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path} was answered {error.code}: {error.read(400).decode(errors='replace')}") from None

    @functools.cached_property
    def cloud(self):
        return Cloud(self.engine.endpoint, self.engine.root_credentials())

    @property
    def state_file(self):
        return self.engine.state_dir / "stack" / "drupal" / "terraform.tfstate"

    @functools.cached_property
    def outputs(self):
        terraform = Terraform(self.engine, self.cloud, "drupal")
        terraform.prepare()
        return terraform.outputs()

    def settled(self):
        """Whether nothing of the service comes or goes: the tasks of a deployment before end after it is over."""
        ecs, cluster = self.cloud.ecs, self.outputs["cluster_name"]
        service = ecs.describe_services(cluster=cluster, services=[self.outputs["service_name"]])["services"][0]
        group = service["loadBalancers"][0]["targetGroupArn"]
        states = [t["TargetHealth"]["State"] for t in self.cloud.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]
        ending = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
        ended = not ending or all(t["lastStatus"] == "STOPPED" for t in ecs.describe_tasks(cluster=cluster, tasks=ending)["tasks"])
        return ended and len(service["deployments"]) == 1 and service["deployments"][0]["rolloutState"] == "COMPLETED" and states == ["healthy"] * TASKS

    def wait_settled(self, seconds=150):
        until = time.monotonic() + seconds
        while not self.settled():
            if time.monotonic() > until:
                raise AssertionError(f"the service did not come to rest within {seconds} s")
            time.sleep(0.3)

    def login_link(self):
        return Site(self.engine, self.cloud, self.outputs).login_link()
