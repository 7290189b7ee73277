"""One engine of the tests' own: instance, folders and port that nothing else has, removed at the end whatever happened."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from stacklib.engine import Engine  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TERRARIUM_BUILD", ROOT / "build" / "sanitize"))
# Debian's own client, whatever else is on the path.
AWS = "/usr/bin/aws"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class TestEngine(Engine):
    __test__ = False

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="terrarium-e2e-"))
        os.chmod(self.folder, 0o755)
        instance = "e" + self.folder.name[-6:].lower().replace("_", "0")
        super().__init__(BUILD, instance=instance, state_dir=self.folder / "state", run_dir=self.folder / "run", port=free_port(), door=free_port())

    def close(self):
        self.stop()
        self.verb("--remove-all", "yes")
        shutil.rmtree(self.folder, ignore_errors=True)

    def aws(self, *arguments, key=None, check=True):
        """The answer of `aws`, or the finished process where check is False."""
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **self.environment(key)}
        done = subprocess.run([AWS, "--endpoint-url", self.endpoint, "--output", "json", *arguments], capture_output=True, text=True, env=environment, timeout=120)
        if not check:
            return done
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def client(self, service, key=None):
        """A boto3 client."""
        import boto3
        from botocore.config import Config
        key_id, secret = key or self.root_credentials()
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=key_id, aws_secret_access_key=secret,
                            config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30))
