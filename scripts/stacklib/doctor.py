"""What the engine needs of a machine, looked at one by one."""

import dataclasses
import os
import pathlib
import shutil
import socket
import subprocess


@dataclasses.dataclass
class Check:
    state: str  # ok, warn, FAIL
    text: str
    why: str = ""
    do: str = ""


def _version(argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True).stdout.strip().split("\n")[0]
    except OSError:
        return ""


def examine(engine):
    checks = []

    def check(good, text, why="", do="", fatal=True):
        checks.append(Check("ok" if good else "FAIL" if fatal else "warn", text, why, do))

    check(os.geteuid() == 0, "root", "terrarium-host makes namespaces, firewall rules and containers", "run this as root")
    for program, package in (("podman", "podman"), ("nft", "nftables"), ("ip", "iproute2"), ("conmon", "conmon"), ("runc", "runc")):
        check(shutil.which(program) is not None, f"{program} {_version([program, '--version' if program != 'ip' else '-V'])}".strip(), f"{program} is not on the path", f"apt-get install {package}")
    check(pathlib.Path("/proc/self/ns/net").exists(), "network namespaces", "this kernel has none", "boot a kernel with CONFIG_NET_NS")
    version2 = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
    memory = version2 and "memory" in pathlib.Path("/sys/fs/cgroup/cgroup.controllers").read_text().split() or pathlib.Path("/sys/fs/cgroup/memory").is_dir()
    check(memory, f"cgroup v{2 if version2 else 1} with a memory controller", "limits of tasks would not hold", "boot with the memory controller")
    try:
        free = shutil.disk_usage(engine.state_dir if engine.state_dir.exists() else engine.state_dir.parent).free >> 30
        check(free >= 2, f"{free} GiB free in {engine.state_dir}", "images and databases need room", "make room, or choose another --state-dir")
    except OSError as error:
        check(False, f"{engine.state_dir}", str(error), "choose another --state-dir")
    for port, owner, flag in ((engine.port, "terrariumd", "--port"), (engine.door, "terrarium-node", "--door")):
        if engine._pid(owner) is not None:
            continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                check(True, f"port {port} is free")
            except OSError:
                check(False, f"port {port} is taken", engine._holder(port), f"stop that program, or choose another port: {flag} {port + 1}")
    check(bool(shutil.which("terraform") or shutil.which("tofu")), "terraform or tofu", "neither is on the path", "install Terraform 1.11 or OpenTofu", fatal=False)
    return checks
