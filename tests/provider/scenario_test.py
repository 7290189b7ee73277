"""What happens around the life of one object: drift, unknowns, tags, failures, signals, states of others."""

import json
import os
import re
import signal
import time
import unittest
import urllib.parse

import workspace
from cloud import ApiError
from samples import POLICY, TRUST, render, rule
from workspace import Workspace, check

ROLE = {"name": '"web"', "assume_role_policy": TRUST % "ecs-tasks.amazonaws.com"}
GROUP = {"name": '"web"'}
REPO = {"name": '"app/web"'}
VPC = render("aws_vpc", "v", {"cidr_block": '"10.1.0.0/16"'})
SUBNET = {"vpc_id": "aws_vpc.v.id", "cidr_block": '"10.1.0.0/24"'}


def told(output):
    """What Terraform said, without its frame and line breaks."""
    return re.sub(r"[\s│╷╵]+", " ", output)


class Scenario(unittest.TestCase):
    environment = {}

    def setUp(self):
        self.ws = Workspace(**self.environment, **({"TF_DISABLE_PLUGIN_TLS": "1"} if os.environ.get("NO_TLS") else {}))
        self.addCleanup(self.ws.close)

    def write(self, *resources, provider=""):
        self.ws.write("\n".join(resources), provider)

    def applied(self, *resources, provider=""):
        self.write(*resources, provider=provider)
        self.ws.apply()
        self.ws.expect_clean("applied")

    def quiet(self, *resources, provider=""):
        self.write(*resources, provider=provider)
        self.ws.expect_clean("rewritten")

    def actions(self):
        return {address: change[0] for address, change in self.ws.plan().items()}


class Drift(Scenario):
    def test_changed_outside(self):
        self.applied(render("aws_iam_role", "r", ROLE | {"tags": '{ a = "b" }'}))

        self.ws.cloud.iam.things["roles"]["web"] |= {"MaxSessionDuration": 7200, "Tags": [{"Key": "a", "Value": "x"}]}
        check(self.actions() == {"aws_iam_role.r": ["update"]}, "drift is planned back")
        self.ws.apply()
        self.ws.expect_clean("drift undone")
        check(self.ws.cloud.iam.things["roles"]["web"]["MaxSessionDuration"] == 3600, "the cloud is as configured")

    def test_deleted_outside(self):
        self.applied(render("aws_ecr_repository", "r", REPO))
        self.ws.cloud.ecr.things["repositories"].clear()
        check(self.actions() == {"aws_ecr_repository.r": ["create"]}, "a lost object is made again")
        self.ws.apply()
        self.ws.expect_clean("made again")

    def test_ignore_changes(self):
        ignore = "  lifecycle {\n    ignore_changes = [tags, description]\n  }\n"
        self.applied(render("aws_iam_role", "r", ROLE | {"tags": '{ a = "b" }'}, ignore))
        self.quiet(render("aws_iam_role", "r", ROLE | {"tags": '{ a = "c" }', "description": '"new"'}, ignore))


class Repetition(Scenario):
    def test_count_and_for_each(self):
        def roles(n):
            return render("aws_iam_role", "r", ROLE | {"count": str(n), "name": '"web-${count.index}"'})

        def groups(*names):
            return render("aws_security_group", "g", {"for_each": f"toset({json.dumps(names)})", "name": "each.key"})
        self.applied(roles(3), groups("a", "b"))
        self.write(roles(1), groups("b", "c"))
        check(sorted(self.actions().items()) == [
            ("aws_iam_role.r[1]", ["delete"]), ("aws_iam_role.r[2]", ["delete"]),
            ('aws_security_group.g["a"]', ["delete"]), ('aws_security_group.g["c"]', ["create"])], "only these change")
        self.ws.apply()
        self.ws.expect_clean("shrunk")

    def test_aliases(self):
        alias = 'provider "aws" {\n  alias = "us"\n  region = "us-east-1"\n}\n'
        self.applied(alias, render("aws_ecr_repository", "eu", REPO),
                     render("aws_ecr_repository", "us", {"name": '"app/us"', "provider": "aws.us"}))
        check(":us-east-1:" in self.ws.attributes("aws_ecr_repository.us")["arn"], "the alias has its region")
        check(":eu-central-1:" in self.ws.attributes("aws_ecr_repository.eu")["arn"], "and the default its own")

    def test_replace_option(self):
        self.applied(render("aws_iam_role", "r", ROLE))
        before = self.ws.attributes("aws_iam_role.r")["unique_id"]
        self.ws.apply("-replace=aws_iam_role.r")
        check(before != self.ws.attributes("aws_iam_role.r")["unique_id"], "a new object")
        self.ws.expect_clean("replaced")


class Unknowns(Scenario):
    def test_scalars_sets_maps_and_dynamic_blocks(self):
        front = render("aws_security_group", "front", {"name": '"front"'})
        back = render("aws_security_group", "back", GROUP | {
            "ingress": [rule(80, security_groups="[aws_security_group.front.id]", cidr_blocks="null")],
            "tags": "{ peer = aws_security_group.front.id }", "description": "aws_security_group.front.arn"})
        dynamic = '''resource "aws_iam_role" "r" {
  name               = "web"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  dynamic "inline_policy" {
    for_each = toset([aws_security_group.front.id])
    content {
      name   = inline_policy.value
      policy = jsonencode({ Version = "2012-10-17", Statement = [] })
    }
  }
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_security_group.front.owner_id]
    }
  }
}
'''
        self.applied(front, back, dynamic)
        group = self.ws.attributes("aws_security_group.front")["id"]
        back = self.ws.attributes("aws_security_group.back")
        check(back["ingress"][0]["security_groups"] == [group], "a set element became known")
        check(back["tags_all"] == {"peer": group}, "a map element became known")
        check(self.ws.attributes("aws_iam_role.r")["inline_policy"][0]["name"] == group, "a dynamic block became known")

    def test_unknown_force_new_argument_replaces(self):
        front = render("aws_security_group", "front", {"name": '"front"'})
        self.applied(front, render("aws_security_group", "g", GROUP | {"description": '"x"'}))
        self.write(render("aws_security_group", "front", {"name": '"front2"'}),
                   render("aws_security_group", "g", GROUP | {"description": "aws_security_group.front.id"}))
        check(self.actions()["aws_security_group.g"] == ["delete", "create"], "unknown may differ")
        self.ws.apply()
        self.ws.expect_clean("replaced")


class Equivalence(Scenario):
    def test_zero_values(self):
        role = ROLE | {"description": '""', "tags": "{}", "permissions_boundary": '""'}
        self.applied(render("aws_iam_role", "r", ROLE))
        self.quiet(render("aws_iam_role", "r", role))
        self.ws.apply("-destroy")
        self.applied(render("aws_iam_role", "r", role))
        self.quiet(render("aws_iam_role", "r", ROLE))

    def test_policies_compare_by_meaning(self):
        self.applied(render("aws_iam_role", "r", ROLE))
        text = '{"Statement":{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]}},"Version":"2012-10-17"}'
        self.quiet(render("aws_iam_role", "r", ROLE | {"assume_role_policy": json.dumps(text)}))

        self.ws.cloud.iam.things["roles"]["web"]["AssumeRolePolicyDocument"] = urllib.parse.quote(text)
        self.ws.expect_clean("rewritten by the cloud")

    def test_sets_have_no_order(self):
        one, two = rule(80), rule(443, description='"tls"')
        self.applied(render("aws_security_group", "g", GROUP | {"ingress": [one, two]}))
        self.quiet(render("aws_security_group", "g", GROUP | {"ingress": [two, one]}))

        # Terraform sorts sets before it asks us; the cloud does not.
        for group in self.ws.cloud.ec2.things["security_groups"].values():
            group["in"] = dict(reversed(group["in"].items()))
        self.ws.expect_clean("reordered by the cloud")

    def test_blocks_the_cloud_fills_in(self):
        self.applied(render("aws_ecr_repository", "r", REPO))
        check(self.ws.attributes("aws_ecr_repository.r")["encryption_configuration"][0]["encryption_type"] == "AES256",
              "the default is in the state")
        self.applied(render("aws_ecr_repository", "r", REPO | {"image_scanning_configuration": [{"scan_on_push": "true"}]}))
        self.quiet(render("aws_ecr_repository", "r", REPO))

    def test_large_values(self):
        big = 'jsonencode({ Version = "2012-10-17", Statement = [], Id = join("", [for i in range(1024) : format("%08000d", i)]) })'
        self.applied(render("aws_iam_role", "r", ROLE | {"assume_role_policy": big}))


class Tags(Scenario):
    def test_default_tags(self):
        role = render("aws_iam_role", "r", ROLE | {"tags": '{ a = "b" }'})

        def defaults(tags):
            return "  default_tags {\n    tags = { %s }\n  }" % tags
        self.applied(role, provider=defaults('team = "x", a = "overridden"'))
        check(self.ws.attributes("aws_iam_role.r")["tags_all"] == {"a": "b", "team": "x"}, "tags win")
        for tags in ('team = "y"', 'cost = "z"'):
            self.write(role, provider=defaults(tags))
            plan = self.ws.terraform("plan")
            check("tags_all" in plan and not re.search(r"^\s+~ tags +=", plan, re.M), f"only tags_all changes\n{plan}")
            self.ws.apply()
            self.ws.expect_clean("default_tags changed")
        self.ws.terraform("state", "rm", "aws_iam_role.r")
        self.ws.terraform("import", "aws_iam_role.r", "web")
        check(self.ws.attributes("aws_iam_role.r")["tags"] == {"a": "b"}, "an import subtracts the defaults")
        self.ws.expect_clean("imported")
        self.write(role)
        self.ws.apply()
        self.ws.expect_clean("default_tags removed")
        check(self.ws.cloud.iam.things["roles"]["web"]["Tags"] == [{"Key": "a", "Value": "b"}], "the cloud lost the default tag")

    def test_ignore_tags(self):
        self.applied(render("aws_iam_role", "r", ROLE), provider='  ignore_tags {\n    key_prefixes = ["auto:"]\n  }')

        self.ws.cloud.iam.things["roles"]["web"]["Tags"] = [{"Key": "auto:scan", "Value": "1"}]
        self.ws.expect_clean("an ignored tag appeared")


class Data(Scenario):
    def test_policy_document_text(self):
        self.ws.write('''data "aws_iam_policy_document" "d" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:*:*:log-group:&{aws:PrincipalTag/app}"]
    condition {
      test     = "StringLike"
      variable = "aws:x"
      values   = ["b", "a"]
    }
  }
  statement {
    effect    = "Deny"
    actions   = ["*"]
    not_resources = ["a<b"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  override_policy_documents = [jsonencode({ Statement = [{ Sid = "Logs", Effect = "Deny", Action = "logs:*", Resource = "*" }] })]
}
data "aws_caller_identity" "me" {}
output "json" { value = data.aws_iam_policy_document.d.json }
output "account" { value = data.aws_caller_identity.me.account_id }
''')
        self.ws.apply()
        outputs = self.ws.state()["outputs"]
        check(outputs["json"]["value"] == '''{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Logs",
      "Effect": "Deny",
      "Action": "logs:*",
      "Resource": "*"
    },
    {
      "Effect": "Deny",
      "Action": "*",
      "NotResource": "a\\u003cb",
      "Principal": "*"
    }
  ]
}''', f"the official text\n{outputs['json']['value']}")
        check(outputs["account"]["value"] == "123456789012", "the account")


class Validation(Scenario):
    def test_errors_show_the_line(self):
        cases = [({"max_session_duration": "60"}, "from 3600 to 43200"),
                 ({"name_prefix": '"x"'}, "cannot be set together"),
                 ({"assume_role_policy": '"{"'}, "invalid JSON"),
                 ({"permissions_boundary": '"boundary"'}, "is not an ARN"),
                 ({"inline_policy": [{"name": '"a b"'}]}, "letters, digits")]
        for change, message in cases:
            self.write(render("aws_iam_role", "r", ROLE | change))
            output = self.ws.terraform("validate", expect=1)
            check(message in re.sub(r"[\s│]+", " ", output) and re.search(r"on main.tf line \d+", output), output)
        self.write(render("aws_security_group", "g", GROUP | {"timeouts": {"create": '"soon"'}}))
        check("not a duration" in re.sub(r"[\s│]+", " ", self.ws.terraform("validate", expect=1)), "a bad duration")


class Failure(Scenario):
    def test_a_service_that_is_not_there_yet_is_asked_again(self):
        """An engine that has just started says so of its databases until they are tested."""
        refusals = iter(range(6))  # more than a client repeats by itself

        def starting(service, operation, _):
            if service == "rds" and next(refusals, None) is not None:
                raise ApiError("ServiceUnavailable", "Try again in a moment.")
        self.ws.cloud.faults.append(starting)
        self.applied('data "aws_rds_engine_version" "v" {\n  engine = "mysql"\n  latest = true\n}\n',
                     render("aws_db_parameter_group", "g", {"name": '"web"', "family": "data.aws_rds_engine_version.v.parameter_group_family"}))
        check(next(refusals, None) is None, "every refusal was heard")

    def test_name_taken(self):
        self.applied(render("aws_iam_role", "r", ROLE))
        self.write(render("aws_iam_role", "r", ROLE), render("aws_iam_role", "twin", ROLE))
        output = told(self.ws.apply(expect=1))
        check("Error: creating IAM Role (web): EntityAlreadyExists: web already exists" in output, f"the error names code and message\n{output}")
        check("with aws_iam_role.twin, on main.tf line" in output, f"and the address\n{output}")
        check(self.ws.attributes("aws_iam_role.twin") is None, "nothing in the state")

    def test_a_failed_change_keeps_the_state_true(self):
        self.applied(render("aws_iam_role", "r", ROLE))

        def broken(service, operation, _):
            if operation == "UpdateRole":
                raise ApiError("ServiceFailure", "not today")
        self.ws.cloud.faults.append(broken)
        self.write(render("aws_iam_role", "r", ROLE | {"max_session_duration": "7200", "tags": '{ a = "b" }'}))
        output = told(self.ws.apply(expect=1))
        check("Error: updating IAM Role (web): ServiceFailure: not today" in output and "with aws_iam_role.r," in output, output)
        kept = self.ws.attributes("aws_iam_role.r")
        check(kept["max_session_duration"] == 3600 and kept["tags"] == {"a": "b"}, f"what was changed before the failure is in the state, and no more: {kept}")
        self.ws.cloud.faults.clear()
        self.ws.apply()
        self.ws.expect_clean("tried again")

    def test_a_refresh_that_is_refused_changes_no_state(self):
        self.applied(render("aws_iam_role", "r", ROLE))
        before = self.ws.state()

        def denied(service, operation, _):
            if operation == "GetRole":
                raise ApiError("AccessDenied", "User: me is not authorized to perform: iam:GetRole on resource: role web")
        self.ws.cloud.faults.append(denied)
        output = told(self.ws.terraform("plan", expect=1))
        check("Error: reading IAM Role (web): AccessDenied: User: me is not authorized to perform: iam:GetRole on resource: role web with aws_iam_role.r," in output, output)
        check(self.ws.state() == before, "the state is as before")

    def test_delete_refused(self):
        self.applied(render("aws_ecr_repository", "r", REPO))
        self.ws.cloud.ecr.things["repositories"]["app/web"]["images"] = ["sha256:0"]
        check("consider using force_delete" in self.ws.apply("-destroy", expect=1), "the error says what to do")
        check(self.ws.attributes("aws_ecr_repository.r") is not None, "still in the state")
        self.applied(render("aws_ecr_repository", "r", REPO | {"force_delete": "true"}))
        self.ws.apply("-destroy")


class SlowCloud(Scenario):
    """A subnet that does not become available."""

    def start_apply(self, timeouts=""):
        self.applied(VPC)
        self.ws.cloud.ec2.pending = True
        self.write(VPC, render("aws_subnet", "s", SUBNET, timeouts))
        process = self.ws.start("apply", "-auto-approve", "-refresh=false")
        for _ in range(600):
            if self.ws.cloud.ec2.things["subnets"]:
                return process
            time.sleep(0.05)
        raise AssertionError("the create did not begin")

    def expect_tainted(self):
        self.ws.cloud.ec2.pending = False
        instance = next(r for r in self.ws.state()["resources"] if r["type"] == "aws_subnet")["instances"][0]
        check(instance.get("status") == "tainted", f"tainted: {instance}")
        check(instance["attributes"]["id"].startswith("subnet-"), "with its id")
        check(self.actions() == {"aws_subnet.s": ["delete", "create"]}, "to be replaced")
        self.ws.apply()
        self.ws.expect_clean("replaced")
        check(len(self.ws.cloud.ec2.things["subnets"]) == 1, "one object in the cloud")

    def test_interrupt_in_a_create(self):
        process = self.start_apply()
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        check(process.returncode == 1 and "interrupted" in output, output)
        self.expect_tainted()

    def test_interrupt_keeps_what_was_made_and_begins_nothing_new(self):
        self.applied(VPC)
        self.ws.cloud.ec2.pending = True
        self.write(VPC, render("aws_subnet", "s", SUBNET), render("aws_ecr_repository", "r", REPO),
                   render("aws_iam_role", "after", ROLE | {"description": "aws_subnet.s.id"}))
        process = self.ws.start("apply", "-auto-approve", "-refresh=false")
        for _ in range(600):
            if self.ws.cloud.ec2.things["subnets"] and self.ws.cloud.ecr.things["repositories"]:
                break
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        check("waiting for subnet-" in told(output) and "interrupted" in output and "with aws_subnet.s," in told(output), output)
        check(self.ws.attributes("aws_ecr_repository.r") is not None, "what was made is in the state")
        check(self.ws.attributes("aws_iam_role.after") is None and not self.ws.cloud.iam.things["roles"], "what depends on it was not begun")
        self.ws.cloud.ec2.pending = False
        self.ws.apply()
        self.ws.expect_clean("taken up again")
        check(len(self.ws.cloud.ecr.things["repositories"]) == 1 and len(self.ws.cloud.ec2.things["subnets"]) == 1, "nothing is there twice")

    def test_timeout_in_a_create(self):
        process = self.start_apply('  timeouts {\n    create = "1s"\n  }\n')
        output, _ = process.communicate(timeout=60)
        check(process.returncode == 1 and "timeout" in output, output)
        self.ws.cloud.ec2.pending = False
        self.write(VPC, render("aws_subnet", "s", SUBNET))
        self.expect_tainted()

    def test_terraform_killed_in_a_create(self):
        process = self.start_apply()
        process.kill()
        process.communicate(timeout=60)
        for _ in range(600):
            if not self.ws.providers():
                break
            time.sleep(0.05)
        check(not self.ws.providers(), "the provider ends with Terraform")


class Secrets(Scenario):
    def test_a_write_only_password_is_nowhere(self):
        config = '''ephemeral "aws_secretsmanager_random_password" "p" {
  password_length = 40
}
resource "aws_secretsmanager_secret" "s" {
  name = "salt"
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "v" {
  secret_id                = aws_secretsmanager_secret.s.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.p.random_password
  secret_string_wo_version = %d
}
'''
        self.ws.write(config % 1)
        self.ws.apply()
        self.ws.expect_clean("with a write-only value")
        (secret,) = self.ws.cloud.secretsmanager.things["secrets"].values()
        (version,) = secret["versions"].values()
        check(len(version["SecretString"]) == 40, "the drawn password is in the secret")
        check(version["SecretString"] not in self.ws.terraform("state", "pull"), "and not in the state")
        check(self.ws.attributes("aws_secretsmanager_secret_version.v")["has_secret_string_wo"], "the state says how it came")
        self.ws.write(config % 2)
        check(self.ws.quick_plan() == {"aws_secretsmanager_secret_version.v": "replace"}, "another number is another value")


class States(Scenario):
    def test_official_style_state(self):
        """Older schema version, foreign attributes, zeros for nulls, the SDK's private bytes."""
        self.applied(render("aws_security_group", "g", GROUP | {"ingress": [rule(80)]}), render("aws_iam_role", "r", ROLE))
        state = self.ws.state()
        state["serial"] += 1
        state["terraform_version"] = "1.14.2"
        for resource in state["resources"]:
            instance = resource["instances"][0]
            attributes = instance["attributes"]
            attributes["region"] = "eu-central-1"
            instance["identity_schema_version"] = 0
            if resource["type"] == "aws_security_group":
                instance["schema_version"] = 0
                instance["private"] = "eyJlMmJmYjczMC1lY2FhLTExZTYtOGY4OC0zNDM2M2JjN2M0YzAiOnsiY3JlYXRlIjo2MDAwMDAwMDAwMDAsImRlbGV0ZSI6OTAwMDAwMDAwMDAwfSwic2NoZW1hX3ZlcnNpb24iOiIxIn0="
                del attributes["revoke_rules_on_delete"]
                attributes["tags"] = {}
            else:
                attributes |= {"description": "", "permissions_boundary": "", "tags": {}, "name_prefix": ""}
        path = self.ws.work / "official.tfstate"
        path.write_text(json.dumps(state))
        self.ws.terraform("state", "push", "-force", str(path))
        self.ws.expect_clean("official style")
        self.write(render("aws_security_group", "g", GROUP | {"ingress": [rule(80)], "tags": '{ a = "b" }'}),
                   render("aws_iam_role", "r", ROLE))
        self.ws.apply()
        check(self.ws.state()["resources"][1]["instances"][0]["schema_version"] == 1, "written back as version 1")
        private = self.ws.private("aws_security_group.g")
        check(private["schema_version"] == "1" and list(private.values())[0]["delete"] == 900000000000, f"{private}")

    def test_import_block_and_generated_configuration(self):
        self.applied(render("aws_iam_role", "r", ROLE))
        self.ws.terraform("state", "rm", "aws_iam_role.r")
        self.ws.write('import {\n  to = aws_iam_role.g\n  id = "web"\n}')
        self.ws.terraform("plan", "-generate-config-out=generated.tf")
        self.ws.apply()
        self.ws.expect_clean("generated")
        (self.ws.work / "generated.tf").unlink()
        self.ws.write('import {\n  to = aws_iam_role.r\n  id = "nobody"\n}\n' + render("aws_iam_role", "r", ROLE))
        check("non-existent" in self.ws.terraform("plan", expect=1), "an unknown id is an error")


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=1).result
    wrong = len(outcome.failures) + len(outcome.errors)
    print(f"{workspace.checks} checks of Terraform; {workspace.model_report()}")
    print(f"{outcome.testsRun - wrong} passed, {wrong} failed, 0 skipped")
    raise SystemExit(not outcome.wasSuccessful())
