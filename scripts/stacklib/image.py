"""The site's image: built by scripts/build_image.py, pushed to the stack's repository as anybody pushes: podman and an authorization token."""

import json
import pathlib
import subprocess
import sys
import tempfile

from imagebuild.podman import Podman
from imagebuild.run import BuildError

from .files import write_json
from .problem import Problem

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build(engine, site, certificates, force_canary=False):
    """Facts of the image: tag, code, bytes, built. Its storage is the engine's own, gone with `destroy`."""
    argv = [sys.executable, str(ROOT / "scripts/build_image.py"), "--json", "--root", str(engine.state_dir / "build"), "--runroot", str(engine.run_dir / "build")]
    argv += ["--site", str(site)] if site else ["--canary"] if force_canary else []
    argv += ["--db-ca", str(certificates)]
    log = engine.state_dir / "log" / "image.log"
    with log.open("w") as out:
        made = subprocess.run(argv, stdout=subprocess.PIPE, stderr=out, text=True)
    if made.returncode != 0:
        lines = log.read_text(errors="replace").strip().splitlines()
        raise Problem("IMAGE", "the site's image could not be built", "\n".join(lines[-6:]), do=f"the whole log is {log}")
    return json.loads(made.stdout)


def push(engine, cloud, repository_name, repository_url, tag):
    """repository@digest. What the repository has already is not pushed again."""
    name = tag.rsplit(":", 1)[1]
    try:
        found = cloud.ecr.describe_images(repositoryName=repository_name, imageIds=[{"imageTag": name}])["imageDetails"]
    except cloud.ecr.exceptions.ImageNotFoundException:
        found = []
    if found:
        return f"{repository_url}@{found[0]['imageDigest']}", False
    token = cloud.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    with tempfile.TemporaryDirectory(prefix="push-", dir=engine.run_dir) as folder:
        auth = pathlib.Path(folder, "auth.json")
        write_json(auth, {"auths": {repository_url.split("/")[0]: {"auth": token}}})
        try:
            digest = Podman(engine.state_dir / "build", engine.run_dir / "build").push(tag, f"{repository_url}:{name}", auth_file=auth, insecure=True)
        except BuildError as error:
            raise Problem("PUSH", "the image could not be pushed", str(error)) from error
    return f"{repository_url}@{digest}", True
