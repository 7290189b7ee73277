#!/usr/bin/env python3
"""Runs every test and closes with "N passed, N failed, N skipped".

    scripts/test.py [STAGE...] [--list]

A stage is one program whose results are counted. Prints a table of times; the output of each stage is in build/test/<stage>.log."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from build import build

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "test"


class Counts:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def __add__(self, other):
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(argv, log, timeout, env=None):
    """The exit code, or None at the timeout. The stage gets a session of its own, so that nothing of it stays."""
    with log.open("w") as out:
        child = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True, env=env)
        try:
            return child.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return None


def program_roots(*names):
    """Environment of tests that run programs which the host lacks. Where they cannot be had, those tests skip and say so."""
    state = pathlib.Path("/var/cache/terrarium/test")
    for name in names:
        code = run([sys.executable, "scripts/program_root.py", "ensure", name, "--state-dir", str(state)], OUT / f"program-{name}.log", 600)
        if code != 0:
            print(f"program root {name} is absent: {(OUT / f'program-{name}.log').read_text(errors='replace').strip()[-300:]}", flush=True)
            return {}
    return {"TERRARIUM_PROGRAMS": str(state / "programs"), "TERRARIUM_TEST_PROGRAMS": str(state / "programs")}


def gtest(program, timeout=600, programs=()):
    def stage(name):
        env = {**os.environ, **program_roots(*programs)} if programs else None
        report = OUT / f"{name}.json"
        report.unlink(missing_ok=True)
        code = run([str(ROOT / program), "--gtest_brief=1", f"--gtest_output=json:{report}"], OUT / f"{name}.log", timeout, env)
        counts = Counts()
        if report.exists():
            for suite in json.loads(report.read_text())["testsuites"]:
                for case in suite["testsuite"]:
                    if case["status"] == "NOTRUN":
                        continue
                    if case["result"] == "SKIPPED":
                        counts.skipped += 1
                    elif "failures" in case:
                        counts.failed += 1
                    else:
                        counts.passed += 1
        if code != 0 and counts.failed == 0:
            counts.failed += 1  # a crash or a sanitizer's report ends a program before it can count
        return counts
    return stage


def unittest(folder, timeout=1200):
    """Python unittest, or any script that closes with "N passed, N failed[, N skipped]"."""
    def stage(name):
        log = OUT / f"{name}.log"
        code = run([sys.executable, "-m", "unittest", "discover", "-s", folder, "-p", "*_test.py", "-v"], log, timeout)
        text = log.read_text(errors="replace")
        ran = re.search(r"^Ran (\d+) test", text, re.M)
        total = int(ran[1]) if ran else 0
        wrong = sum(int(n) for n in re.findall(r"(?:failures|errors|unexpected successes)=(\d+)", text.rsplit("\n", 4)[-2] if text else ""))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", text[-200:]))
        if code != 0 and wrong == 0:
            wrong = 1
        return Counts(max(0, total - wrong - skipped), wrong, skipped)
    return stage


def link_tests(name):
    """Each layer alone with those that it may use: what reaches past them does not link."""
    log, folder = OUT / f"{name}.log", ROOT / "build" / "sanitize"
    code = run(["ninja", "-C", str(folder), "-k", "0", "link_tests"], log, 900)
    failed = len(re.findall(r"^FAILED: ", log.read_text(errors="replace"), re.M))
    return Counts(len([p for p in folder.rglob("*_link_test") if p.is_file()]), failed if failed or code == 0 else 1)


def script(argv, timeout=1200):
    def stage(name):
        log = OUT / f"{name}.log"
        code = run(argv, log, timeout)
        found = re.findall(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", log.read_text(errors="replace"))
        counts = Counts(*(int(n or 0) for n in found[-1])) if found else Counts()
        if code != 0 and counts.failed == 0:
            counts.failed = 1
        return counts
    return stage


def after_release_build(targets, stage):
    """For what exists in the release build only (the plugin that Terraform starts), or would take too long with sanitizers."""
    def built(name):
        build("release", targets)
        return stage(name)
    return built


STAGES = {
    "style": unittest("tests/style"),
    "codegen": unittest("tests/codegen"),
    "links": link_tests,
    "clients": unittest("tests/clients"),
    "floor": gtest("build/sanitize/floor_tests"),
    "vectors": gtest("build/sanitize/vector_tests"),
    "wire": gtest("build/sanitize/wire_tests"),
    "services": gtest("build/sanitize/service_tests"),
    "drivers": gtest("build/sanitize/driver_tests", timeout=900),
    "programs": unittest("tests/programs"),
    "mysql": gtest("build/sanitize/mysql_tests", timeout=1200, programs=("mysql",)),
    "proxy": gtest("build/sanitize/proxy_tests", programs=("haproxy",)),
    "aws": gtest("build/sanitize/aws_tests"),
    "prove": gtest("build/sanitize/prove_tests"),
    "cli": gtest("build/sanitize/cli_tests"),
    "provider": gtest("build/sanitize/provider_tests"),
    "simulation": after_release_build(["simulation_tests"], gtest("build/release/simulation_tests")),
    "image": script([sys.executable, "tests/image/image_test.py"]),
    "modules": after_release_build(["terraform-provider-aws"], script([sys.executable, "tests/terraform/modules_test.py"])),
    "e2e": unittest("tests/e2e"),
    "up": after_release_build(["terrariumd", "terrarium-host", "terrarium-node", "terrarium-oci", "terraform-provider-aws"], unittest("tests/up")),
    "lives": after_release_build(["provider_on_test_cloud", "provider_describe"], script([sys.executable, "tests/provider/run.py"])),
    "stack": after_release_build(["provider_on_test_cloud"], script([sys.executable, "tests/terraform/stack_test.py"])),
}


def main():
    chosen = [a for a in sys.argv[1:] if not a.startswith("-")] or list(STAGES)
    if "--list" in sys.argv:
        print("\n".join(STAGES))
        return
    OUT.mkdir(parents=True, exist_ok=True)
    build("sanitize", [])
    total, rows = Counts(), []
    for name in chosen:
        start = time.monotonic()
        counts = STAGES[name](name)
        rows.append((name, time.monotonic() - start, counts))
        total = total + counts
        print(f"{name:<12} {rows[-1][1]:6.1f} s   {counts}", flush=True)
        if counts.failed:
            print("\n".join((OUT / f"{name}.log").read_text(errors="replace").splitlines()[-60:]), flush=True)
    print(f"{'all':<12} {sum(r[1] for r in rows):6.1f} s", flush=True)
    print(total, flush=True)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
