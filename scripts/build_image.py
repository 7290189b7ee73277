#!/usr/bin/env python3
"""Builds the container image of the site and prints its tag and digest.

The same image/Dockerfile on one of two bases: the official PHP image where a container registry answers, else a base
made here from Debian packages. The tag names the content (base, stack, code), so an image that is there is not built again.
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys
import tempfile
import time

from imagebuild.base import ensure_base
from imagebuild.code import choose_code, tree_id
from imagebuild.podman import Podman
from imagebuild.run import BuildError, need, run

IMAGE_DIR = pathlib.Path(__file__).resolve().parent.parent / "image"
OFFICIAL = {"BASE": "php:8.3-apache", "BUILDER": "composer:2"}


def main(argv):
    options = parse(argv)
    started = time.monotonic()

    def say(text):
        print(text, file=sys.stderr, flush=True)

    cache = pathlib.Path(options.cache)
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    podman = Podman(options.root, options.runroot, options.runtime)
    code = choose_code(options.site, IMAGE_DIR, canary=options.canary, offline=options.offline)
    say(f"code: {code.kind}, {code.folder} ({code.reason})")
    bases = choose_bases(options, cache, code, say)
    for part in bases.values():
        say(f"base: {part['name']} ({part['reason']})")

    certificates = b"".join(pathlib.Path(file).read_bytes() for file in options.db_ca)
    site_id = code.content_id()
    content = hashlib.sha256()
    for part in [tree_id(IMAGE_DIR / "stack", by_content=True), (IMAGE_DIR / "Dockerfile").read_text(), site_id,
                 hashlib.sha256(certificates).hexdigest(), *(base["id"] for base in bases.values())]:
        content.update(part.encode() + b"\0")
    tag = f"{options.name}:{content.hexdigest()[:12]}"

    built = not podman.has(tag)
    if built:
        build(podman, code, bases, tag, site_id, certificates, say)
        podman.remove_older(options.name, options.keep)
    facts = podman.inspect(tag)
    print_result(options, {
        "tag": tag, "digest": facts["Digest"], "id": facts["Id"], "built": built, "bytes": facts["Size"], "code": code.kind,
        "base": bases["BASE"]["name"], "base_digest": bases["BASE"]["id"], "seconds": round(time.monotonic() - started, 1),
    })
    return 0


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--canary", action="store_true", help="the canary site, whatever else could be had")
    which.add_argument("--site", metavar="DIR", help="the site's code: a Composer project, or a docroot with its vendor/")
    parser.add_argument("--base", choices=("auto", "official", "debian"), default="auto", help="auto asks the registry once and then keeps the answer")
    parser.add_argument("--suite", help="Debian suite of the base (trixie or bookworm)")
    parser.add_argument("--refresh-base", action="store_true", help="make the base again from today's packages, or ask for its present digest")
    parser.add_argument("--offline", action="store_true", help="use only what is in the cache")
    parser.add_argument("--db-ca", metavar="FILE", action="append", default=[], help="certificates (PEM) to verify the database with; may be repeated")
    parser.add_argument("--name", default="localhost/terrarium-site", help="image name without a tag")
    parser.add_argument("--keep", type=int, default=2, help="how many images of that name stay (default 2)")
    parser.add_argument("--root", help="podman's storage root")
    parser.add_argument("--runroot", help="podman's run root")
    parser.add_argument("--runtime", default="runc", help="OCI runtime (default runc)")
    parser.add_argument("--cache", default=default_cache(), help="where bases are kept (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of two lines")
    options = parser.parse_args(argv)
    if options.keep < 1:
        parser.error("--keep: at least 1")
    return options


def default_cache():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "terrarium", "image")


def choose_bases(options, cache, code, say):
    """BASE, and BUILDER where Composer has to run. The choice is kept: the PHP under a running site must not change by itself."""
    kept = cache / "base-choice.json"
    known = json.loads(kept.read_text()) if kept.exists() and not options.refresh_base else {}
    kind = options.base if options.base != "auto" else known.get("kind")
    reason = "asked for" if options.base != "auto" else "as before"
    if kind is None:
        pinned = None if options.offline else pin(OFFICIAL["BASE"])
        kind = "official" if pinned else "debian"
        reason = "a registry answers" if pinned else "offline" if options.offline else "no container registry answers"
        known = {"kind": kind} | ({"BASE": pinned} if pinned else {})
    wanted = ["BASE"] + (["BUILDER"] if code.needs_composer else [])
    bases = {}
    for part in wanted:
        if kind == "official":
            name = known.get(part) or pin(OFFICIAL[part])
            if name is None:
                raise BuildError(f"no container registry answers for {OFFICIAL[part]}\n  do: --base debian")
            known[part] = name
            bases[part] = {"name": name, "id": name, "reason": reason, "tar": None}
        else:
            base = ensure_base(IMAGE_DIR / "base", cache, say, builder=part == "BUILDER", refresh=options.refresh_base,
                               suite=options.suite, offline=options.offline)
            bases[part] = {"name": f"localhost/terrarium-base:{base.key}", "id": f"sha256:{base.sha256}", "reason": reason, "tar": base.tar}
    if options.base == "auto":
        replacement = kept.with_suffix(".new")
        replacement.write_text(json.dumps(known | {"kind": kind}, indent=1) + "\n")
        replacement.rename(kept)
    return bases


def pin(image):
    """name@digest of an image in its registry, or None where no registry answers within 3 s."""
    try:
        skopeo = need("skopeo", "skopeo")
        return run([skopeo, "--command-timeout", "3s", "inspect", "--no-tags", "--format", "{{.Name}}@{{.Digest}}", f"docker://{image}"], timeout=6).strip()
    except BuildError:
        return None


def build(podman, code, bases, tag, site_id, certificates, say):
    for base in bases.values():
        if base["tar"] is not None and not podman.has(base["name"]):
            podman.import_root(base["tar"], base["name"], base["name"])
    contexts = dict([code.context] if code.context else [])
    labels = {"org.opencontainers.image.base.name": bases["BASE"]["name"], "org.opencontainers.image.base.digest": bases["BASE"]["id"],
              "org.opencontainers.image.title": f"site ({code.kind})"}
    official = bases["BASE"]["tar"] is None
    with tempfile.TemporaryDirectory(prefix="image-ca-") as folder:
        if certificates:
            (pathlib.Path(folder) / "bundle.pem").write_bytes(certificates)
            contexts["ca"] = folder
        podman.build(IMAGE_DIR, tag, arguments={part: base["name"] for part, base in bases.items()} | {"SITE_ID": site_id},
                     contexts=contexts, labels=labels, network="host" if official or code.needs_composer else "none", say=say)


def print_result(options, result):
    if options.json:
        print(json.dumps(result))
        return
    print(f"{'built' if result['built'] else 'there already'} in {result['seconds']} s, {result['bytes'] / 1e6:.0f} MB, {result['code']} on {result['base']}")
    print(result["tag"])
    print(result["digest"])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BuildError as error:
        print(f"build_image: {error}", file=sys.stderr)
        sys.exit(1)
