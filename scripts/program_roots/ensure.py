"""Has a program root, makes one, or says why not. Layout: see README.md beside this file."""

import contextlib
import datetime
import fcntl
import json
import os
import pathlib
import shutil
import tempfile

from . import apt, root as roots
from .errors import ProgramRootError


class Workshop:
    """The program roots of one state directory."""

    def __init__(self, state_dir, *, cache_dir=None, keyring=apt.HOST_KEYRING, hosts=None, codename=None, mirror=None):
        self.programs = pathlib.Path(state_dir).absolute() / "programs"
        self.cache = pathlib.Path(cache_dir).absolute() if cache_dir else self.programs / "packages"
        self._keyring = pathlib.Path(keyring)
        self._hosts = apt.host_sources() if hosts is None else hosts
        self._codename = apt.host_codename() if codename is None else codename
        self._mirror = mirror

    def current(self, name):
        """The manifest of the root in use, or None."""
        file = self.programs / name / "current" / "manifest.json"
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def lock(self, name):
        return json.loads((self.programs / name / "current" / "lock.json").read_text(encoding="utf-8"))

    def ensure(self, recipe, *, refresh=False, lock=None):
        """Returns the manifest of a root that has just passed its self-test; uses no network if there is one."""
        home = self.programs / recipe.name
        home.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        with self._exclusive(home):
            for leftover in home.glob(".staging-*"):
                shutil.rmtree(leftover)
            if not refresh and lock is None:
                found = self._adopt(recipe, (home / "current"))
                if found:
                    return found
            with tempfile.TemporaryDirectory(prefix="program-root-apt.") as work:
                packages, dates, fetch = self._resolve(recipe, pathlib.Path(work), lock)
                content = roots.content_hash(recipe, packages)
                found = self._adopt(recipe, home / content)
                if not found:
                    self._collect(packages, fetch, pathlib.Path(work))
                    found = self._build(recipe, home, content, packages, dates)
            self._point(home, content)
            return found

    def _adopt(self, recipe, folder):
        """An existing root, if it still passes; a damaged one is put aside so that it is made anew."""
        try:
            real = folder.resolve(strict=True)
            lock = json.loads((real / "lock.json").read_text(encoding="utf-8"))
            packages = [apt.Package(**p) for p in lock["packages"]]
            if roots.content_hash(recipe, packages) != real.name:
                return None  # made by an older recipe
            version = roots.self_test(real / "root", recipe)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        except ProgramRootError:
            real.rename(real.with_name(f".staging-damaged-{real.name}"))
            return None
        found = roots.manifest(real / "root", recipe, version=version, content=real.name)
        self._write(real / "manifest.json", found)
        return found

    def _resolve(self, recipe, work, lock):
        """The packages to use, the dates of the indexes that named them, and the function that fetches them."""
        architecture = apt.run(["dpkg", "--print-architecture"], what="dpkg").strip()
        sources = apt.sources_for(recipe.suite, hosts=self._hosts, codename=self._codename, mirror=self._mirror)
        if lock is not None:
            if lock.get("name") != recipe.name or lock.get("architecture") != architecture:
                raise ProgramRootError(f"the lock file is for {lock.get('name')} on {lock.get('architecture')}")
            packages = [apt.Package(**p) for p in lock["packages"]]
            return packages, lock["indexes"], lambda missing, into: self._open(work, sources, architecture).download(missing, into)
        private = self._open(work, sources, architecture)
        packages = [p for p in private.closure(list(recipe.packages)) if recipe.keeps(p.name)]
        return packages, private.index_dates(), private.download

    def _open(self, work, sources, architecture):
        private = apt.PrivateApt(work / "apt", sources, self._keyring, architecture)
        try:
            private.update()
        except ProgramRootError as error:
            if "NO_PUBKEY" not in str(error):
                raise
            keyring = apt.newer_keyring(work, hosts=self._hosts, codename=self._codename, keyring=self._keyring,
                                        architecture=architecture)
            private = apt.PrivateApt(work / "apt-newer-keyring", sources, keyring, architecture)
            private.update()
        return private

    def _collect(self, packages, fetch, work):
        """Has every package in the cache, under its sum. A cached file that differs is thrown away first."""
        for package in packages:
            cached = self.cache / f"{package.sha256}.deb"
            if cached.exists() and roots.sha256_of(cached) != package.sha256:
                cached.unlink()
        missing = [p for p in packages if not (self.cache / f"{p.sha256}.deb").exists()]
        if not missing:
            return
        into = work / "download"
        into.mkdir()
        fetch(missing, into)
        fetched = {roots.sha256_of(file): file for file in into.glob("*.deb")}
        for package in missing:
            if package.sha256 not in fetched:
                raise ProgramRootError(f"package {package.name} {package.version} does not have the sum that was asked for")
            shutil.move(fetched[package.sha256], self.cache / f".{package.sha256}.part")
            os.replace(self.cache / f".{package.sha256}.part", self.cache / f"{package.sha256}.deb")

    def _build(self, recipe, home, content, packages, dates):
        staging = pathlib.Path(tempfile.mkdtemp(prefix=".staging-", dir=home))
        try:
            staging.chmod(0o755)
            target = staging / "root"
            target.mkdir()
            for package in packages:
                roots.unpack(self.cache / f"{package.sha256}.deb", target)
            for path, text in recipe.extra_files:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_text(text, encoding="utf-8")
            roots.settle_modes(target)
            target.chmod(0o755)
            roots.self_test(target, recipe)
            self._write(staging / "lock.json", {
                "format": 1, "name": recipe.name, "suite": recipe.suite, "architecture": apt.run(
                    ["dpkg", "--print-architecture"], what="dpkg").strip(),
                "made": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "indexes": dates, "packages": [vars(p) for p in packages]})
            apt.run(["sync", "-f", staging], what="sync")
            staging.rename(home / content)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        found = self._adopt(recipe, home / content)
        if not found:
            raise ProgramRootError(f"{recipe.name} passed its self-test where it was unpacked but not where it belongs")
        return found

    def prune(self, name):
        """Removes roots that are neither current nor mapped by a running process; returns their content hashes."""
        home = self.programs / name
        removed = []
        if not home.is_dir():
            return removed
        with self._exclusive(home):
            current = (home / "current").resolve().name
            mapped = _mapped_paths()
            for folder in sorted(home.iterdir()):
                if folder.is_symlink() or not folder.is_dir() or folder.name == current:
                    continue
                if any(path.startswith(f"{folder}/") for path in mapped):
                    continue
                shutil.rmtree(folder)
                removed.append(folder.name)
        return removed

    @staticmethod
    def _write(path, value):
        text = json.dumps(value, indent=2) + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.chmod(0o644)
        os.replace(part, path)

    @staticmethod
    def _point(home, content):
        link = home / ".current.part"
        link.unlink(missing_ok=True)
        link.symlink_to(content)
        os.replace(link, home / "current")

    @staticmethod
    @contextlib.contextmanager
    def _exclusive(home):
        with open(home / ".lock", "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _mapped_paths():
    found = set()
    for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
        try:
            found.update(line.split(maxsplit=5)[5].strip() for line in maps.read_text(errors="replace").splitlines()
                         if line.count(" ") >= 5 and "/" in line)
        except (OSError, IndexError):
            continue
    return found
