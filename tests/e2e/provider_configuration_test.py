"""What the provider block says, seen from the wire: the real plugin against an STS that the test plays over HTTP."""

import datetime
import http.server
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROVIDER = pathlib.Path(os.environ.get("TERRARIUM_PROVIDER", ROOT / "build/release/terraform-provider-aws"))
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
OPTIONAL = ("ExternalId", "DurationSeconds", "Policy", "SourceIdentity", "PolicyArns.member.1.arn", "Tags.member.1.Key", "Tags.member.1.Value", "TransitiveTagKeys.member.1")


def told(output):
    """What Terraform said, without its frame and line breaks."""
    return re.sub(r"[\s│╷╵]+", " ", output)


class Sts(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        key, region = re.search(r"Credential=([^/]+)/\d+/([^/]+)/sts/", self.headers["Authorization"]).groups()
        server = self.server
        server.calls.append({"action": form["Action"], "key": key, "token": self.headers.get("X-Amz-Security-Token"), "region": region, "form": form})
        if server.refusal:
            code, message = server.refusal
            return self.answer(403, f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
        if server.throttled > 0:
            server.throttled -= 1
            return self.answer(400, "<ErrorResponse><Error><Code>Throttling</Code><Message>slowly</Message></Error></ErrorResponse>")
        if form["Action"] == "GetCallerIdentity":
            return self.answer(200, f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:{key}</Arn><UserId>U</UserId>"
                                    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
        name = form["RoleArn"].rsplit("/", 1)[1]
        if name == "closed":
            return self.answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>")
        ends = (datetime.datetime.now(datetime.timezone.utc) + server.lasts).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.answer(200, f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>KEY-{name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                         f"<SessionToken>TOKEN-{name}</SessionToken><Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@unittest.skipUnless(PROVIDER.exists() and TERRAFORM, "needs terraform or tofu, and the target terraform-provider-aws of the release build")
class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tfp-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sts)
        self.server.calls, self.server.throttled, self.server.lasts, self.server.refusal = [], 0, datetime.timedelta(hours=1), None
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        cli = subprocess.run([sys.executable, str(ROOT / "scripts/terraform_cli_config.py"), str(self.folder / "cli"), str(PROVIDER)], capture_output=True, text=True, check=True).stdout.strip()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TF_CLI_CONFIG_FILE": cli, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
                            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}", "AWS_ACCESS_KEY_ID": "BASE", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"}

    def plan(self, provider, code=0):
        """(calls, output) of a plan that asks once who it is."""
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        (work / "main.tf").write_text('terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
                                      f'provider "aws" {{\n{provider}\n}}\ndata "aws_caller_identity" "me" {{}}\noutput "me" {{\n  value = data.aws_caller_identity.me.arn\n}}\n')
        if not (work / ".terraform").exists():
            self.terraform(work, "init")
        self.server.calls.clear()
        output = self.terraform(work, "plan", "-input=false", code=code)
        return list(self.server.calls), output

    def terraform(self, work, *arguments, code=0):
        done = subprocess.run([TERRAFORM, f"-chdir={work}", *arguments, "-no-color"], capture_output=True, text=True, env=self.environment, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_credentials_region_and_account(self):
        calls, _ = self.plan("  access_key = \"MINE\"\n  secret_key = \"s\"\n  sts_region = \"us-west-2\"")
        self.assertEqual([(c["action"], c["key"], c["region"]) for c in calls], [("GetCallerIdentity", "MINE", "us-west-2"), ("GetCallerIdentity", "MINE", "eu-west-1")])
        calls, output = self.plan('  allowed_account_ids = ["210987654321"]', code=1)
        self.assertIn("AWS account ID not allowed: 123456789012", output)
        self.assertEqual(len(calls), 1)
        _, output = self.plan('  region = "nowhere"', code=1)
        self.assertIn('"nowhere" is not the name of a region', output)
        calls, _ = self.plan("  skip_credentials_validation = true\n  skip_requesting_account_id = true")
        self.assertEqual(len(calls), 1, "only the data source asks")

    def test_roles_are_assumed_one_after_the_other(self):
        calls, output = self.plan('''  assume_role {
    role_arn = "arn:aws:iam::123456789012:role/first"
  }
  assume_role {
    role_arn            = "arn:aws:iam::123456789012:role/second"
    session_name        = "deploy"
    external_id         = "x"
    duration            = "30m"
    policy              = "{}"
    policy_arns         = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    source_identity     = "me"
    tags                = { team = "site" }
    transitive_tag_keys = ["team"]
  }''')
        self.assertEqual([(c["action"], c["key"], c["token"]) for c in calls],
                         [("AssumeRole", "BASE", None), ("AssumeRole", "KEY-first", "TOKEN-first")] + 2 * [("GetCallerIdentity", "KEY-second", "TOKEN-second")])
        self.assertEqual([calls[0]["form"].get(m) for m in ("RoleSessionName", *OPTIONAL)], ["terraform"] + len(OPTIONAL) * [None])
        self.assertEqual([calls[1]["form"].get(m) for m in ("RoleSessionName", *OPTIONAL)],
                         ["deploy", "x", "1800", "{}", "me", "arn:aws:iam::aws:policy/ReadOnlyAccess", "team", "site", "team"])
        self.assertIn("123456789012:KEY-second", output)
        _, output = self.plan('  assume_role {\n    role_arn = "arn:aws:iam::123456789012:role/closed"\n  }', code=1)
        self.assertIn("assuming the role arn:aws:iam::123456789012:role/closed: not yours", re.sub(r"\s+", " ", output.replace("│", "")))

    def test_a_role_that_ends_is_assumed_again(self):
        self.server.lasts = datetime.timedelta(minutes=1)
        calls, _ = self.plan('  assume_role {\n    role_arn = "arn:aws:iam::123456789012:role/first"\n  }')
        self.assertEqual([c["action"] for c in calls], ["AssumeRole"] + 2 * ["AssumeRole", "GetCallerIdentity"])

    def test_calls_are_repeated_as_often_as_was_said(self):
        for retries, throttled, calls, code in ((0, 1, 1, 1), (1, 1, 3, 0), (1, 2, 2, 1), (2, 2, 4, 0)):
            with self.subTest(retries=retries, throttled=throttled):
                self.server.throttled = throttled
                made, _ = self.plan(f"  max_retries = {retries}", code=code)
                self.assertEqual(len(made), calls)

    def test_refused_credentials_are_one_error_in_the_words_of_the_service(self):
        for code, message in (("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."),
                              ("ExpiredToken", "The security token included in the request is expired"),
                              ("InvalidClientTokenId", "The security token included in the request is invalid.")):
            with self.subTest(code):
                self.server.refusal = (code, message)
                calls, output = self.plan("", code=1)
                self.assertEqual(len(calls), 1, "a refusal is not repeated")
                self.assertIn(f"Error: configuring the provider: {code}: {message}", told(output))
                self.assertEqual(output.count("Error:"), 1)

    def test_an_engine_that_is_not_there_is_named_with_its_address(self):
        with socket.socket() as bound:  # bound and not listening: nobody else gets the port, and nobody answers
            bound.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{bound.getsockname()[1]}"
            self.environment["AWS_ENDPOINT_URL"] = address
            _, output = self.plan("", code=1)
        self.assertIn(f"Error: configuring the provider: {address}: ", told(output))
        self.assertIn("Connection refused", told(output))
        self.assertIn("terrarium status", told(output), "what to do about it")
        self.assertEqual(output.count("Error:"), 1)

    def test_what_is_not_done_is_refused_by_name(self):
        for argument in ('http_proxy = "http://p"', "insecure = true", 'retry_mode = "adaptive"', 'assume_role_with_web_identity {\n    role_arn = "arn:aws:iam::123456789012:role/r"\n  }'):
            with self.subTest(argument):
                calls, output = self.plan("  " + argument, code=1)
                self.assertEqual(calls, [])
                self.assertIn(re.match(r"\w+", argument)[0], output)


if __name__ == "__main__":
    unittest.main()
