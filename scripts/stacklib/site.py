"""The site on the stack: installed once, gated before another image serves, looked at through its door."""

import hashlib
import secrets
import time
import urllib.error
import urllib.request

from .cloud import run_one_off
from .files import read_json, write_json
from .problem import Problem

GATE = {3: "no site is installed in this database", 4: "another installation or deployment is running", 5: "this site has no such task"}


class Site:
    def __init__(self, engine, cloud, outputs):
        self.engine, self.cloud, self.outputs = engine, cloud, outputs
        self.url = f"http://localhost:{engine.door}/"
        self._notes = engine.state_dir / "stack" / outputs["cluster_name"] / "site.json"

    def database(self):
        return self.cloud.rds.describe_db_instances(DBInstanceIdentifier=self.outputs["database_identifier"])["DBInstances"][0]["DbiResourceId"]

    def healthy(self):
        """Targets that every zone of the load balancer may send visitors to."""
        service = self.cloud.ecs.describe_services(cluster=self.outputs["cluster_name"], services=[self.outputs["service_name"]])["services"][0]
        targets = [target for group in service["loadBalancers"] for target in self.cloud.elbv2.describe_target_health(TargetGroupArn=group["targetGroupArn"])["TargetHealthDescriptions"]]
        return sum(target["TargetHealth"]["State"] == "healthy" for target in targets)

    def installed(self):
        return read_json(self._notes, {}).get("database") == self.database()

    def install(self):
        self._task("install", "the site could not be installed")
        write_json(self._notes, {"database": self.database()})

    def gate(self, image):
        """Database updates and configuration of a new image, by a revision that the service does not run yet."""
        current = self.cloud.ecs.describe_task_definition(taskDefinition=self.outputs["task_definition_arn"])["taskDefinition"]
        containers = current["containerDefinitions"]
        for variable in containers[0]["environment"]:
            if variable["name"] == "IMAGE_DIGEST":
                variable["value"] = image
        containers[0]["image"] = image
        kept = ("taskRoleArn", "executionRoleArn", "networkMode", "volumes", "requiresCompatibilities", "cpu", "memory")
        arn = self.cloud.ecs.register_task_definition(family=f"{current['family']}-gate", containerDefinitions=containers,
                                                      **{k: current[k] for k in kept if k in current})["taskDefinition"]["taskDefinitionArn"]
        try:
            self._task("deploy", "the new image's updates failed, so it does not serve", arn)
        finally:
            self.cloud.ecs.deregister_task_definition(taskDefinition=arn)

    def _task(self, command, failed, definition=None):
        code, lines = run_one_off(self.cloud, self.outputs, [command], definition)
        if code != 0:
            raise Problem("SITE", f"{failed}: the task {command} ended with {code}", "\n".join([*([GATE[code]] if code in GATE else []), *lines[-8:]]))

    def login_link(self):
        """A one-time link of the canary. Only its token's hash is in the task's arguments and log."""
        token = secrets.token_urlsafe(24)
        code, _ = run_one_off(self.cloud, self.outputs, ["login", f"--token-sha256={hashlib.sha256(token.encode()).hexdigest()}"])
        return f"{self.url}login?token={token}" if code == 0 else None

    def wait(self, seconds=120):
        """Until the load balancer has a healthy target and a page comes through it: the page's status and time."""
        until, last = time.monotonic() + seconds, "that no target is healthy"
        while time.monotonic() < until:
            if not self.healthy():
                time.sleep(0.2)
                continue
            start = time.monotonic()
            try:
                with urllib.request.urlopen(self.url, timeout=10) as answer:
                    answer.read()
                    return answer.status, time.monotonic() - start
            except urllib.error.HTTPError as error:
                last = f"{error.code}: {error.read(400).decode(errors='replace')}"
            except OSError as error:
                last = str(error)
            time.sleep(0.2)
        raise Problem("NO-PAGE", f"no page came from {self.url} within {seconds} s", f"the last answer was {last}", do="make status; the tasks' log: aws logs tail " + self.outputs["log_group_name"])
