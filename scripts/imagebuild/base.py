"""The Debian base: a root file system with Apache and mod_php, made from signed Debian packages, for machines
that reach no container registry.

    <cache>/bases/<suite>-<recipe>[-builder]/base.tar    the root file system
                                             base.json   what it was made from, its SHA-256, its packages

<recipe> is the hash of everything in this repository that decides about the content. A base is used for as long as
its recipe is the same; --refresh-base makes it anew with the archive's present packages.
"""

import calendar
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import tarfile
import tempfile
import time

from imagebuild.run import BuildError, need, run, succeeds
from program_roots.apt import host_codename, host_sources, sources_for
from program_roots.errors import ProgramRootError

# In order of preference, with the PHP that each brings.
SUITES = (("trixie", "8.4"), ("bookworm", "8.2"))
APT_HELPER = "/usr/lib/apt/apt-helper"
LEFT_OUT = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/info/*",
)


class Base:
    """A base in the cache. `key` is made from its content: the same key, the same bytes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.facts = json.loads((self.folder / "base.json").read_text())
        self.tar = self.folder / "base.tar"
        self.suite = self.facts["suite"]
        self.sha256 = self.facts["sha256"]
        self.key = f"{self.suite}-{self.sha256[:12]}"


def ensure_base(recipe_dir, cache, say, *, builder=False, refresh=False, suite=None, offline=False):
    """The newest usable base from the cache; made first where there is none.

    recipe_dir: image/base of this repository. Needs root or user namespaces, and the Debian sources of the host's apt.
    """
    wanted = [pair for pair in SUITES if suite in (None, pair[0])]
    if not wanted:
        raise BuildError(f"no base for suite {suite}: " + " or ".join(name for name, _ in SUITES))
    cache = pathlib.Path(cache) / "bases"
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(cache / "lock"):
        if not refresh:
            for name, php in wanted:
                folder = cache / _folder_name(recipe_dir, name, php, builder)
                if (folder / "base.json").exists():
                    return Base(folder)
        if offline:
            raise BuildError(f"no base in {cache} and --offline was given\n  do: run once without --offline")
        return _make(recipe_dir, cache, wanted, builder, say)


def packages_of(recipe_dir, php, builder):
    names = []
    for file in ["packages.txt"] + (["builder-packages.txt"] if builder else []):
        for line in (pathlib.Path(recipe_dir) / file).read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                names.append(line.strip().replace("@PHP@", php))
    return sorted(names)


def _folder_name(recipe_dir, suite, php, builder):
    recipe = hashlib.sha256()
    hook = (pathlib.Path(recipe_dir) / "customize").read_bytes()
    for part in [suite, _architecture(), *packages_of(recipe_dir, php, builder), *LEFT_OUT]:
        recipe.update(part.encode() + b"\0")
    recipe.update(hook)
    return f"{suite}-{recipe.hexdigest()[:12]}" + ("-builder" if builder else "")


def _make(recipe_dir, cache, wanted, builder, say):
    need("mmdebstrap", "mmdebstrap")
    for suite, php in wanted:
        with tempfile.TemporaryDirectory(dir=cache, prefix=".new-") as work:
            work = pathlib.Path(work)
            lines = _sources(suite)
            releases = {}
            for uri, name in lines:
                text = _release(uri, name, work)
                if text is not None:
                    releases[name] = text
            if suite not in releases or f"{suite}-security" not in releases:
                say(f"base: Debian's archive does not answer for {suite} or its security updates")
                continue
            say(f"base: {suite} from Debian packages, PHP {php}" + (", with Composer" if builder else ""))
            tar = work / "base.tar"
            argv = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=" + ",".join(packages_of(recipe_dir, php, builder)),
                    "--customize-hook=" + str((pathlib.Path(recipe_dir) / "customize").resolve())]
            argv += [f"--dpkgopt={option}" for option in LEFT_OUT]
            argv += [suite, str(tar)] + [f"deb {uri} {name} main" for uri, name in lines if name in releases]
            # The archive's own date, so that the same packages give the same bytes.
            run(argv, env={"SOURCE_DATE_EPOCH": str(max(_release_date(text) for text in releases.values()))}, timeout=1800)
            facts = {
                "suite": suite, "php": php, "architecture": _architecture(), "sha256": _sha256(tar), "bytes": tar.stat().st_size,
                "releases": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(releases.items())},
                "packages": _installed(tar),
            }
            (work / "base.json").write_text(json.dumps(facts, indent=1) + "\n")
            os.chmod(work, 0o700)
            folder = cache / _folder_name(recipe_dir, suite, php, builder)
            shutil.rmtree(folder, ignore_errors=True)
            (cache / folder.name).mkdir()
            # base.json last: a folder that has it is complete.
            os.rename(tar, folder / "base.tar")
            os.rename(work / "base.json", folder / "base.json")
            return Base(folder)
    raise BuildError("no Debian suite with Apache and PHP can be reached: " + ", ".join(name for name, _ in wanted)
                     + "\n  do: check the Debian sources of apt (apt-get update), then run this again")


def _sources(suite):
    """Where this machine's apt gets Debian from, with the suite exchanged: its archive, updates and security."""
    try:
        return [(source.uri, source.suite) for source in sources_for(suite, hosts=host_sources(), codename=host_codename())]
    except ProgramRootError as error:
        raise BuildError(f"{error}\n  do: add Debian's archive to apt's sources") from None


def _release(uri, suite, work):
    """The suite's InRelease, fetched the way apt is configured here; None where it does not answer. mmdebstrap verifies signatures."""
    target = work / f"InRelease-{suite}"
    options = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10", "-o", "Acquire::https::Timeout=10"]
    if not succeeds([APT_HELPER, *options, "download-file", f"{uri.rstrip('/')}/dists/{suite}/InRelease", str(target)], timeout=60):
        return None
    return target.read_text(errors="replace")


def _release_date(text):
    match = re.search(r"^Date: (.+?)\s*$", text, re.MULTILINE)
    if not match:
        raise BuildError("a Release file of Debian's archive has no Date")
    return calendar.timegm(time.strptime(match.group(1).replace("UTC", "GMT"), "%a, %d %b %Y %H:%M:%S GMT"))


def _installed(tar):
    with tarfile.open(tar) as archive:
        for name in ("./var/lib/dpkg/status", "var/lib/dpkg/status"):
            with contextlib.suppress(KeyError):
                status = archive.extractfile(name).read().decode(errors="replace")
                return sorted("=".join(pair) for pair in re.findall(r"^Package: (\S+)\n(?:.*\n)*?Version: (\S+)", status, re.MULTILINE))
    raise BuildError("the new base has no list of packages")


def _architecture():
    return run(["dpkg", "--print-architecture"]).strip()


def _sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextlib.contextmanager
def _locked(path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
