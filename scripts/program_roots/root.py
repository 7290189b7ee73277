"""Unpacking, self-test and layout of one program root."""

import hashlib
import json
import os
import pathlib
import re
import stat
import struct
import subprocess
import tempfile

from .errors import ProgramRootError

NOBODY = 65534
PT_INTERP = 3


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def content_hash(recipe, packages):
    """Names a root by what is in it: the packages' sums and the recipe's own files."""
    text = json.dumps([[p.name, p.version, p.architecture, p.sha256] for p in packages]
                      + [list(map(list, recipe.extra_files)), list(recipe.programs)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def interpreter(program):
    """The loader that an ELF program asks for (PT_INTERP)."""
    data = pathlib.Path(program).read_bytes()
    if data[:4] != b"\x7fELF" or data[4] != 2 or data[5] != 1:
        raise ProgramRootError(f"{program} is not a 64-bit little-endian ELF program")
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for index in range(count):
        kind, _, where, _, _, length = struct.unpack_from("<IIQQQQ", data, offset + index * size)
        if kind == PT_INTERP:
            return data[where:where + length].rstrip(b"\0").decode()
    raise ProgramRootError(f"{program} names no loader")


def unpack(deb, root):
    """Unpacks one checked package. Owners and special modes of the archive are not kept."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source:
        sink = subprocess.run(["tar", "-x", "-C", str(root), "--keep-directory-symlink", "--no-same-owner",
                               "--no-same-permissions", "-f", "-"], stdin=source.stdout, capture_output=True, check=False)
        source.stdout.close()
        complaint = source.stderr.read()
    if source.returncode != 0 or sink.returncode != 0:
        said = (complaint + sink.stderr).decode(errors="replace").strip().splitlines()
        raise ProgramRootError(f"{pathlib.Path(deb).name} cannot be unpacked: {said[-1] if said else 'truncated'}")


def settle_modes(root):
    """Any user may read and run it, nobody but the owner may write, nothing is set-user-id; refuses devices."""
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                continue
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise ProgramRootError(f"the packages contain the special file {os.path.relpath(path, root)}")
            run = 0o111 if stat.S_ISDIR(mode) or mode & 0o111 else 0
            os.chmod(path, 0o644 | run)


def _inside(root, path):
    """`path` (absolute, of the root) below `root`; packages of a merged /usr may have it under usr/ only."""
    for candidate in (root / path.lstrip("/"), root / "usr" / path.lstrip("/")):
        if candidate.exists():
            return candidate
    raise ProgramRootError(f"the packages bring no {path}")


def library_path(root):
    found = []
    for pattern in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*"):
        for folder in sorted(root.glob(pattern)):
            if folder.is_dir() and folder.resolve() not in [f.resolve() for f in found]:
                found.append(folder)
    if not found:
        raise ProgramRootError("the packages bring no libraries")
    return ":".join(str(folder) for folder in found)


def argument_prefix(root, program):
    path = root / program
    if not path.is_file():
        raise ProgramRootError(f"the packages bring no {program}")
    return [str(_inside(root, interpreter(path))), "--inhibit-cache", "--library-path", library_path(root), str(path)]


def _run_unprivileged(arguments, recipe, scratch):
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        return subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=dict(recipe.environment), cwd=scratch, timeout=120, check=False, text=True,
                              errors="replace", **user)
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramRootError(
            f"{recipe.name} cannot be started as an unprivileged user ({error}); every folder above "
            f"{arguments[0]} must be open to all (mode 0711 or more)") from error


def self_test(root, recipe):
    """Proves that the programs run from this root alone; returns the version that the program itself reports."""
    root = pathlib.Path(root)
    version = None
    with tempfile.TemporaryDirectory(prefix="program-root-test.") as scratch:
        if os.geteuid() == 0:
            os.chown(scratch, NOBODY, NOBODY)
        for program in recipe.programs:
            prefix = argument_prefix(root, program)
            listed = _run_unprivileged(prefix[:-1] + ["--list", prefix[-1]], recipe, scratch)
            foreign = [line.strip() for line in listed.stdout.splitlines()
                       if "not found" in line or ("=> /" in line and f"=> {root}/" not in line)]
            if listed.returncode != 0 or foreign:
                raise ProgramRootError(f"{program} of {recipe.name} does not run from its own root: "
                                       + "; ".join(foreign or listed.stdout.strip().splitlines()[-1:]))
        for probe in recipe.probes:
            fill = lambda text: text.replace("{scratch}", scratch).replace("{root}", str(root))
            for name, content in probe.files:
                path = pathlib.Path(scratch) / name
                path.write_text(fill(content), encoding="utf-8")
                path.chmod(0o644)
            done = _run_unprivileged(argument_prefix(root, probe.program) + [fill(a) for a in probe.arguments], recipe, scratch)
            match = re.search(probe.expect, done.stdout)
            if done.returncode != 0 or not match:
                said = done.stdout.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
                raise ProgramRootError(f"self-test of {recipe.name} failed at {' '.join(probe.arguments)}: {said[0]}")
            if version is None and match.groups():
                version = match[1]
    if version is None or tuple(map(int, version.split("."))) < recipe.minimum:
        raise ProgramRootError(f"{recipe.name} {version} is older than {'.'.join(map(str, recipe.minimum))}, which is needed")
    return version


def manifest(root, recipe, *, version, content):
    """What the drivers read: how to run each program of the root."""
    programs = {pathlib.Path(p).name: argument_prefix(root, p) for p in recipe.programs}
    return {"format": 1, "name": recipe.name, "version": version, "content": content, "root": str(root),
            "argv_prefix": argument_prefix(root, recipe.programs[0]), "programs": programs,
            "environment": dict(recipe.environment)}
