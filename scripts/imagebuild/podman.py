"""Podman by argument vectors, on a storage root of its own, so that a user's images and prunes stay out of it."""

import json
import resource
import tempfile

from imagebuild.run import need, run, succeeds


class Podman:
    def __init__(self, root=None, runroot=None, runtime="runc"):
        self.argv = [need("podman", "podman"), "--runtime", need(runtime, runtime), "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        if root is not None:
            self.argv += ["--root", str(root)]
        if runroot is not None:
            self.argv += ["--runroot", str(runroot), "--tmpdir", str(runroot) + "/libpod"]

    def run(self, *words, **options):
        return run([*self.argv, *(str(word) for word in words)], **options)

    def has(self, image):
        return succeeds([*self.argv, "image", "exists", image])

    def inspect(self, image):
        return json.loads(self.run("image", "inspect", image))[0]

    def import_root(self, tar, image, message):
        self.run("import", "--quiet", "--message", message, tar, image)

    def build(self, context, tag, *, arguments, contexts, labels, network, say):
        words = ["build", "--layers", "--network", network, "--tag", tag, "--format", "docker", *ulimits()]
        for name, value in arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        for name, folder in contexts.items():
            words += ["--build-context", f"{name}={folder}"]
        for name, value in labels.items():
            words += ["--label", f"{name}={value}"]
        return self.run(*words, context, stream=say)

    def push(self, tag, reference, *, auth_file, insecure=False):
        """The digest that the registry knows the image by. Credentials travel in a file, never in arguments."""
        with tempfile.NamedTemporaryFile("r", prefix="digest-") as digest:
            self.run("push", "--quiet", "--authfile", auth_file, *(["--tls-verify=false"] if insecure else []), "--digestfile", digest.name, tag, reference)
            return digest.read().strip()

    def remove_older(self, name, keep):
        """Removes all but the newest `keep` images of one name, and with them the steps that nothing else needs."""
        images = json.loads(self.run("images", "--format", "json", "--filter", f"reference={name}"))
        images.sort(key=lambda image: image["Created"], reverse=True)
        for image in images[keep:]:
            # One that a container uses stays.
            succeeds([*self.argv, "rmi", image["Id"]])


def ulimits():
    """podman asks for more than a root without CAP_SYS_RESOURCE may set, and the runtime then refuses to start: ask for
    what there is. It also lowers its own limit of processes to 32,768 first, which its children cannot raise again."""
    words = []
    for name, kind, most in (("nofile", resource.RLIMIT_NOFILE, 1 << 20), ("nproc", resource.RLIMIT_NPROC, 1 << 15)):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(hard, most)
        words += ["--ulimit", f"{name}={limit}:{limit}"]
    return words
