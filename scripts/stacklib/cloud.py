"""The AWS API of the engine, called as anybody calls it: botocore with the endpoint named."""

import json
import time

from .files import read_json, write_json
from .problem import Problem

DEPLOY_ROLE = "terrarium-deploy"
ROLE_SECONDS = 3600


class Cloud:
    """Clients of one identity. `key` is (key id, secret) or (key id, secret, session token)."""

    def __init__(self, endpoint, key, region="us-east-1"):
        import botocore.config
        import botocore.session
        self._session = botocore.session.Session()
        self._made = {}
        self.endpoint, self.key, self.region = endpoint, key, region
        self._config = botocore.config.Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60)

    def __getattr__(self, service):
        if service.startswith("_"):
            raise AttributeError(service)
        if service not in self._made:
            token = self.key[2] if len(self.key) > 2 else None
            self._made[service] = self._session.create_client(service, region_name=self.region, endpoint_url=self.endpoint, aws_access_key_id=self.key[0],
                                                              aws_secret_access_key=self.key[1], aws_session_token=token, config=self._config)
        return self._made[service]

    def account(self):
        return self.sts.get_caller_identity()["Account"]


def policy_for(policy_file, name):
    """The deploy role's policy for a stack of that name. The file is written for a stack named drupal."""
    text = policy_file.read_text()
    if name != "drupal":
        for before in (":", "/"):
            text = text.replace(f"{before}drupal", f"{before}{name}")
    return json.dumps(json.loads(text), separators=(",", ":"))


def deploy_role(root, policy_file, name, key_file):
    """Cloud of the role that may deploy the stack and nothing else. The root user may not assume roles, as on AWS: it makes a user who may assume this one, whose key is kept in
    `key_file`, and is not used again."""
    role = f"{DEPLOY_ROLE}-{name}"
    arn = f"arn:aws:iam::{root.account()}:role/{role}"
    try:
        root.iam.get_user(UserName=role)
    except root.iam.exceptions.NoSuchEntityException:
        root.iam.create_user(UserName=role)
        key_file.unlink(missing_ok=True)
    may = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}]}
    root.iam.put_user_policy(UserName=role, PolicyName="deploy", PolicyDocument=json.dumps(may))
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn.replace(":role/", ":user/")}}]}
    try:
        root.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust), Description="Deploys the stack: what terraform/deploy-role-policy.json says")
    except root.iam.exceptions.EntityAlreadyExistsException:
        root.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    root.iam.put_role_policy(RoleName=role, PolicyName="deploy", PolicyDocument=policy_for(policy_file, name))
    try:
        given = _assume(root, arn, _user_key(root, role, key_file))
    except root.sts.exceptions.ClientError:
        key_file.unlink(missing_ok=True)  # of a user that is no more
        given = _assume(root, arn, _user_key(root, role, key_file))
    return Cloud(root.endpoint, (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]), root.region)


def _assume(root, arn, key):
    return Cloud(root.endpoint, key, root.region).sts.assume_role(RoleArn=arn, RoleSessionName="make-up", DurationSeconds=ROLE_SECONDS)["Credentials"]


def _user_key(root, user, key_file):
    if kept := read_json(key_file):
        return tuple(kept)
    for old in root.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
        root.iam.delete_access_key(UserName=user, AccessKeyId=old["AccessKeyId"])
    made = root.iam.create_access_key(UserName=user)["AccessKey"]
    key = (made["AccessKeyId"], made["SecretAccessKey"])
    write_json(key_file, key)
    return key


def run_one_off(cloud, outputs, command, definition=None, timeout=600):
    """Runs the image's command as a task beside the service's, by the service's definition or another. The exit code and the last lines that it printed."""
    container = outputs["container_name"]
    started = cloud.ecs.run_task(cluster=outputs["cluster_name"], taskDefinition=definition or outputs["task_definition_arn"], launchType="FARGATE",
                                 networkConfiguration={"awsvpcConfiguration": {"subnets": outputs["task_subnet_ids"], "securityGroups": [outputs["task_security_group_id"]],
                                                                              "assignPublicIp": "ENABLED"}},
                                 overrides={"containerOverrides": [{"name": container, "command": command}]})
    if started.get("failures"):
        raise Problem("TASK", f"the task {' '.join(command[:1])} could not be started", json.dumps(started["failures"][0]))
    arn = started["tasks"][0]["taskArn"]
    until = time.monotonic() + timeout
    while True:
        task = cloud.ecs.describe_tasks(cluster=outputs["cluster_name"], tasks=[arn])["tasks"][0]
        if task["lastStatus"] == "STOPPED":
            break
        if time.monotonic() > until:
            cloud.ecs.stop_task(cluster=outputs["cluster_name"], task=arn, reason="took too long")
            raise Problem("TASK-TIME", f"the task {command[0]} did not end within {timeout} s", f"it was {task['lastStatus']}")
        time.sleep(0.2)
    code = task["containers"][0].get("exitCode")
    lines = [e["message"] for e in cloud.logs.get_log_events(logGroupName=outputs["log_group_name"], logStreamName=f"task/{container}/{arn.rsplit('/', 1)[1]}",
                                                             limit=20)["events"]] if code is not None else []
    return code, lines if code is not None else [task.get("stoppedReason", "")]
