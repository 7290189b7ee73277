"""The engine alone, seen by unmodified clients: Debian's aws, boto3, skopeo."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import botocore.exceptions  # noqa: E402

from oci_image import write_image  # noqa: E402
from support import TestEngine  # noqa: E402

PULL_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {"Effect": "Allow", "Action": ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], "Resource": "arn:aws:ecr:*:*:repository/e2e"},
    ],
}


def code_of(call, *args, **kwargs):
    """The error code that a boto3 call ends with; None if it succeeds."""
    try:
        call(*args, **kwargs)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


@unittest.skipUnless(os.geteuid() == 0, "needs root: terrarium-host makes namespaces")
class EngineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = TestEngine()
        cls.addClassCleanup(cls.engine.close)
        cls.engine.start()

    def test_aws_cli_knows_who_it_is(self):
        self.assertEqual(self.engine.aws("sts", "get-caller-identity")["Arn"], "arn:aws:iam::000000000000:root")

    def test_a_wrong_secret_is_told_apart_from_an_unknown_key(self):
        key_id, _ = self.engine.root_credentials()
        self.assertEqual(code_of(self.engine.client("sts", (key_id, "wrong")).get_caller_identity), "SignatureDoesNotMatch")
        self.assertEqual(code_of(self.engine.client("sts", ("AKIAIOSFODNN7EXAMPLE", "wrong")).get_caller_identity), "InvalidClientTokenId")

    def test_what_is_not_served_is_refused_by_name(self):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.engine.client("ecr").create_pull_through_cache_rule(ecrRepositoryPrefix="x1", upstreamRegistryUrl="public.ecr.aws")
        self.assertIn("Terrarium does not implement ecr:CreatePullThroughCacheRule", str(caught.exception))

    def test_foreign_hosts_and_origins_are_refused_before_routing(self):
        import http.client
        for headers in ({"Host": "evil.example"}, {"Host": "localhost", "Origin": "http://evil.example"}):
            connection = http.client.HTTPConnection("127.0.0.1", self.engine.port, timeout=5)
            connection.request("POST", "/", body="", headers=headers)
            self.assertIn(connection.getresponse().status, (400, 403, 421), headers)
            connection.close()

    def test_a_user_may_do_what_its_policy_says_and_no_more(self):
        iam = self.engine.client("iam")
        iam.create_user(UserName="puller")
        self.addCleanup(iam.delete_user, UserName="puller")
        pair = iam.create_access_key(UserName="puller")["AccessKey"]
        self.addCleanup(iam.delete_access_key, UserName="puller", AccessKeyId=pair["AccessKeyId"])
        key = (pair["AccessKeyId"], pair["SecretAccessKey"])
        ecr = self.engine.client("ecr", key)
        self.assertEqual(code_of(ecr.get_authorization_token), "AccessDeniedException")
        iam.put_user_policy(UserName="puller", PolicyName="pull", PolicyDocument=json.dumps(PULL_POLICY))
        self.addCleanup(iam.delete_user_policy, UserName="puller", PolicyName="pull")
        self.assertIsNone(code_of(ecr.get_authorization_token))
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            ecr.create_repository(repositoryName="mine")
        self.assertIn("user/puller is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:us-east-1:000000000000:repository/mine", str(caught.exception))

    def test_images_are_pushed_and_pulled_by_whom_iam_lets(self):
        ecr = self.engine.client("ecr")
        ecr.create_repository(repositoryName="e2e")
        self.addCleanup(ecr.delete_repository, repositoryName="e2e", force=True)
        folder = self.engine.folder / "image"
        digest = write_image(folder, {"blob": os.urandom(3_000_000)}, "v1")
        registry = f"localhost:{self.engine.port}"
        auth = self.engine.folder / "auth.json"

        def login(key=None):
            password = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.engine.endpoint, "ecr", "get-login-password"], capture_output=True, text=True, check=True,
                                      env={"PATH": "/usr/bin:/bin", "HOME": str(self.engine.folder), **self.engine.environment(key)}).stdout
            subprocess.run(["skopeo", "login", "--authfile", str(auth), "--tls-verify=false", "-u", "AWS", "--password-stdin", registry], input=password, text=True, check=True, capture_output=True)

        def skopeo(*arguments):
            return subprocess.run(["skopeo", *arguments], capture_output=True, text=True, timeout=120)

        login()
        pushed = skopeo("copy", "--authfile", str(auth), "--dest-tls-verify=false", f"oci:{folder}:v1", f"docker://{registry}/e2e:v1")
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        self.assertEqual(ecr.describe_images(repositoryName="e2e")["imageDetails"][0]["imageDigest"], digest)
        back = self.engine.folder / "back"
        pulled = skopeo("copy", "--authfile", str(auth), "--src-tls-verify=false", f"docker://{registry}/e2e@{digest}", f"oci:{back}:v1")
        self.assertEqual(pulled.returncode, 0, pulled.stderr)
        names = {f.name for f in (folder / "blobs/sha256").iterdir()}
        self.assertEqual({f.name for f in (back / "blobs/sha256").iterdir()}, names)

        # A blob that changed on disk is noticed while it is read: nobody takes it for the layer.
        layer = max((folder / "blobs/sha256").iterdir(), key=lambda f: f.stat().st_size).name
        stored = self.engine.state_dir / "engine/blobs/sha256" / layer[:2] / layer
        with stored.open("r+b") as f:
            f.seek(1000)
            byte = f.read(1)
            f.seek(1000)
            f.write(bytes([byte[0] ^ 1]))
        damaged = skopeo("copy", "--authfile", str(auth), "--src-tls-verify=false", f"docker://{registry}/e2e@{digest}", f"oci:{self.engine.folder / 'damaged'}:v1")
        self.assertNotEqual(damaged.returncode, 0)

        iam = self.engine.client("iam")
        iam.create_user(UserName="reader")
        pair = iam.create_access_key(UserName="reader")["AccessKey"]
        iam.put_user_policy(UserName="reader", PolicyName="pull", PolicyDocument=json.dumps(PULL_POLICY))
        login((pair["AccessKeyId"], pair["SecretAccessKey"]))
        refused = skopeo("copy", "--authfile", str(auth), "--dest-tls-verify=false", f"oci:{folder}:v1", f"docker://{registry}/e2e:v2")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("denied", refused.stderr.lower())

    def test_secrets_are_in_no_log_and_no_command_line(self):
        key_id, secret = self.engine.root_credentials()
        for log in (self.engine.state_dir / "log").iterdir():
            self.assertNotIn(secret, log.read_text(errors="replace"))
        self.assertEqual(os.stat(self.engine.state_dir / "engine/root-credentials").st_mode & 0o777, 0o600)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                self.assertNotIn(secret.encode(), pathlib.Path("/proc", pid, "cmdline").read_bytes())
            except (FileNotFoundError, ProcessLookupError):
                pass


@unittest.skipUnless(os.geteuid() == 0, "needs root: terrarium-host makes namespaces")
class DurabilityTest(unittest.TestCase):
    """SIGKILL of a daemon that is writing: what was acknowledged is there afterwards, every time."""

    ROUNDS = int(os.environ.get("TERRARIUM_KILL_ROUNDS", "50"))

    def test_no_acknowledged_write_is_lost(self):
        engine = TestEngine()
        self.addCleanup(engine.close)
        engine.start()
        acknowledged = set()

        def write(round_number, writer):
            ecr = engine.client("ecr")
            for n in range(1000):
                name = f"r{round_number}-{writer}-{n}"
                try:
                    ecr.create_repository(repositoryName=name)
                except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
                    return
                acknowledged.add(name)

        for round_number in range(self.ROUNDS):
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                writers = [pool.submit(write, round_number, w) for w in range(4)]
                goal = len(acknowledged) + 1 + hashlib.sha256(str(round_number).encode()).digest()[0] % 12
                while len(acknowledged) < goal and not all(w.done() for w in writers):
                    concurrent.futures.wait(writers, timeout=0.001)
                engine.kill("terrariumd", signal.SIGKILL)
                for w in writers:
                    w.result()
            engine.start()
        there = set()
        for page in engine.client("ecr").get_paginator("describe_repositories").paginate():
            there |= {r["repositoryName"] for r in page["repositories"]}
        self.assertEqual(acknowledged - there, set(), f"lost after {self.ROUNDS} kills")
        self.assertGreater(len(acknowledged), self.ROUNDS)
        print(f"{len(acknowledged)} acknowledged writes over {self.ROUNDS} SIGKILLs, 0 lost", flush=True)


if __name__ == "__main__":
    unittest.main()
