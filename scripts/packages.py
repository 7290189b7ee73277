#!/usr/bin/env python3
"""Installs the Debian packages of scripts/packages/<group>.txt that are not there yet.

    scripts/packages.py GROUP...

Says what it installs before it does. Needs root only when something is missing."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def wanted(groups):
    names = []
    for group in groups:
        for line in (HERE / "packages" / f"{group}.txt").read_text().splitlines():
            line = line.split("#")[0].strip()
            if line and line not in names:
                names.append(line)
    return names


def missing(names):
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names], capture_output=True, text=True).stdout
    there = {line.split()[0] for line in out.splitlines() if line.endswith(" installed")}
    return [n for n in names if n not in there]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    absent = missing(wanted(sys.argv[1:]))
    if not absent:
        return
    print(f"packages: installing {' '.join(absent)}", flush=True)
    if os.geteuid() != 0:
        sys.exit("error TR-NOT-ROOT: installing packages needs root\n  do     run this as root, or: apt-get install " + " ".join(absent))
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0"]
    if subprocess.run(["apt-get", *quiet, "update"], env=env, stdout=subprocess.DEVNULL).returncode != 0:
        sys.exit("error TR-NO-PACKAGES: the Debian package lists cannot be fetched\n  state  nothing was installed\n  do     check the network and /etc/apt/sources.list")
    done = subprocess.run(["apt-get", *quiet, "install", "-y", "--no-install-recommends", *absent], env=env, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit("error TR-NO-PACKAGES: apt-get could not install: " + " ".join(absent))
    # Debian starts some servers on installation; the tests start their own, under their own control.
    for service in ("mariadb", "mysql"):
        if service == "mariadb" and "mariadb-server" in absent:
            subprocess.run(["service", service, "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


main()
