#!/usr/bin/env python3
"""The whole stack applied by Terraform to the cloud that the provider's tests play: the first apply without an image, an
apply that changes nothing, a release, and a destroy that leaves nothing. Neither password nor salt is in the state."""

import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/provider"))
from workspace import Workspace, check  # noqa: E402
import workspace  # noqa: E402

IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/drupal@sha256:" + "0123456789abcdef" * 4




class Stack(Workspace):
    def __init__(self):
        super().__init__()
        self.work = self.dir / "terraform"
        shutil.copytree(ROOT / "terraform", self.work, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        self.terraform("init")

    def release(self, image=None):
        self.terraform("apply", "-auto-approve", *self.variables(image))

    def changes_nothing(self, image=None):
        self.terraform("plan", "-detailed-exitcode", *self.variables(image))
        self.terraform("plan", "-detailed-exitcode", "-refresh=false", *self.variables(image))

    def variables(self, image):
        return ["-var", "region=eu-central-1"] + (["-var", f"image={image}"] if image else [])

    def state_text(self):
        return (self.work / "terraform.tfstate").read_text()

    def secrets(self):
        """What Secrets Manager was given or made: the salt, and what RDS keeps of the master user."""
        sent = [request["SecretString"] for service, operation, request in self.cloud.calls
                if service == "secretsmanager" and operation == "PutSecretValue"]
        check(len(sent) == 1 and len(sent[0]) >= 32, f"one salt is sent, once: {len(sent)}")
        return sent

    def requests(self, operation):
        return [request for _, name, request in self.cloud.calls if name == operation]


def main():
    stack = Stack()
    try:
        stack.release()
        service = stack.requests("CreateService")[0]
        check(service.get("desiredCount", 0) == 0, "without an image there is no task")
        stack.changes_nothing()

        stack.release(IMAGE)
        check(len(stack.requests("RegisterTaskDefinition")) == 2, "a release is one revision more")
        check(stack.requests("UpdateService")[-1].get("desiredCount") == 1, "with an image there is a task")
        order = [name for _, name, _ in stack.cloud.calls if name in ("UpdateService", "DeregisterTaskDefinition")]
        check(order == ["UpdateService", "DeregisterTaskDefinition"], f"an old revision goes after the service left it: {order}")
        stack.changes_nothing(IMAGE)

        secrets = stack.secrets()
        state = stack.state_text()
        definition = json.dumps(stack.requests("RegisterTaskDefinition"))
        for secret in secrets:
            check(secret not in state, "no secret is in the state")
            check(secret not in definition, "no secret is in the task definition")
        database = stack.requests("CreateDBInstance")[0]
        check(database.get("ManageMasterUserPassword") is True and "MasterUserPassword" not in database,
              "the password is made by RDS, and Terraform never has it")

        stack.terraform("destroy", "-auto-approve", *stack.variables(IMAGE))
        check(json.loads(stack.state_text())["resources"] == [], "nothing is left in the state")
    finally:
        stack.close()
    print(f"{workspace.checks} passed, 0 failed, 0 skipped")


if __name__ == "__main__":
    main()
