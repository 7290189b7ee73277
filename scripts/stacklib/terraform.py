"""Terraform over the modules of this repository, in a folder of the state directory: the modules are linked, so state, lock file and variables stay out of the repository."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import terraform_cli_config

from .files import read_json, write_json
from .problem import Problem

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINKED = ("main.tf", "variables.tf", "outputs.tf", "versions.tf", "network", "ecr", "rds", "ecs", "efs")


class Terraform:
    def __init__(self, engine, cloud, name):
        self.engine, self.cloud, self.name = engine, cloud, name
        self.folder = engine.state_dir / "stack" / name
        self.log = engine.state_dir / "log" / "terraform.log"
        self.program = shutil.which("terraform") or shutil.which("tofu")

    def prepare(self):
        if self.program is None:
            raise Problem("NO-TERRAFORM", "neither terraform nor tofu is on the path", "the stack is Terraform files", do="install Terraform 1.11 or OpenTofu, then run this again")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in LINKED:
            link, target = self.folder / name, ROOT / "terraform" / name
            if not (link.is_symlink() and os.readlink(link) == str(target)):
                link.unlink(missing_ok=True)
                link.symlink_to(target)
        provider = self.engine.build / "terraform-provider-aws"
        if not provider.is_file():
            raise Problem("NO-PROVIDER", "Terraform's provider is not there", f"{provider} is missing", do="make build")
        self._config = terraform_cli_config.write(self.engine.state_dir / "terraform", provider)
        stamp = self.folder / ".terraform" / "terrarium-provider"
        now = f"{provider.stat().st_mtime_ns} {provider.stat().st_size}"
        if not stamp.exists() or stamp.read_text() != now:
            (self.folder / ".terraform.lock.hcl").unlink(missing_ok=True)  # it names the program that was there before by its hash
            shutil.rmtree(self.folder / ".terraform", ignore_errors=True)
            self._run("init", "-input=false")
            stamp.write_text(now)

    def environment(self):
        known = {k: v for k, v in os.environ.items() if k.startswith(("TF_VAR_", "TF_LOG")) or k in ("PATH", "HOME", "TERM", "LANG")}
        own = {"AWS_ENDPOINT_URL": self.engine.endpoint, "AWS_ACCESS_KEY_ID": self.cloud.key[0], "AWS_SECRET_ACCESS_KEY": self.cloud.key[1], "AWS_REGION": self.cloud.region,
               "AWS_EC2_METADATA_DISABLED": "true", "TF_CLI_CONFIG_FILE": str(self._config), "TF_IN_AUTOMATION": "1",
               "CHECKPOINT_DISABLE": "1", "TF_VAR_name": self.name}
        if len(self.cloud.key) > 2:
            own["AWS_SESSION_TOKEN"] = self.cloud.key[2]
        return known | own

    def apply(self):
        """What changed, as Terraform's last line says it: (added, changed, destroyed)."""
        return self._counts(self._run("apply", "-auto-approve", "-input=false", "-lock-timeout=60s"))

    def outputs(self):
        return {k: v["value"] for k, v in json.loads(self._run("output", "-json", log=False)).items()}

    @property
    def _image_file(self):
        return self.folder / "image.auto.tfvars.json"

    def image(self):
        """The image that the stack was last told to run; None before the first push."""
        return read_json(self._image_file, {}).get("image")

    def set_image(self, image):
        write_json(self._image_file, {"image": image})

    @staticmethod
    def _counts(text):
        for line in reversed(text.splitlines()):
            if line.startswith("Apply complete!"):
                return tuple(int(w) for w in line.replace(":", " ").split() if w.isdigit())
        return ()

    def _run(self, *words, log=True):
        # It writes to a file: a pipe that ends with us would end it in the middle of an apply, and it would forget what it was making. And it has a session of its own: the
        # terminal's ^C would reach it twice, once from us, and a second one makes it give up its state.
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(self.log.with_suffix(".now"), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+") as out:
            child = subprocess.Popen([self.program, words[0], "-no-color", *words[1:]], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=out if log else subprocess.DEVNULL, start_new_session=True)
            try:
                child.wait()
            except BaseException:
                ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
                child.send_signal(signal.SIGINT)
                child.wait()
                signal.signal(signal.SIGINT, ignored)
                raise
            out.seek(0)
            text = out.read()
        if log:
            with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as kept:
                kept.write(f"== terraform {' '.join(words)}\n{text}\n")
        if child.returncode != 0:
            found = [i for i, line in enumerate(text.splitlines()) if "Error:" in line]
            lines = text.splitlines()
            why = "\n".join(line.strip(" │╷╵") for line in lines[found[0]:found[0] + 12]) if found else "\n".join(lines[-5:])
            raise Problem("TERRAFORM", f"terraform {words[0]} failed", why, do=f"the whole output is in {self.log}")
        return text
