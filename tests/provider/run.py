#!/usr/bin/env python3
"""All tests of the provider on a played cloud, two at a time; closes with "N passed, N failed, N skipped"."""

import concurrent.futures
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = ("scenario_test.py", "lifecycle_test.py", "stack_test.py", "schema_test.py")  # the longest first


def run(script):
    done = subprocess.run([sys.executable, HERE / script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    counts = re.findall(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", done.stdout, re.M)
    passed, failed, skipped = (int(n) for n in (counts[-1] if counts else (0, 1, 0)))
    if done.returncode != 0 and failed == 0:
        failed = 1
    return done.stdout if failed else "\n".join(done.stdout.splitlines()[-2:]), (passed, failed, skipped)


def main():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, SCRIPTS))
    for script, (output, _) in zip(SCRIPTS, outcomes):
        print(f"{script}:\n{output}")
    passed, failed, skipped = (sum(counts[i] for _, counts in outcomes) for i in range(3))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
