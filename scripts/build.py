#!/usr/bin/env python3
"""Configures and builds one preset.

    scripts/build.py PRESET [TARGET...]

Prints one line with the time and the compiler cache's hits; the full log is in build/<preset>/build.log."""

import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def cache_counts():
    try:
        out = subprocess.run(["ccache", "--print-stats"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        return 0, 0
    n = {k: int(v) for k, v in re.findall(r"(\w+)\t(\d+)", out)}
    return n.get("direct_cache_hit", 0) + n.get("preprocessed_cache_hit", 0), n.get("cache_miss", 0)


def build(preset, targets):
    start, before = time.monotonic(), cache_counts()
    folder = ROOT / "build" / preset
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    with log.open("w") as out:
        for command in (["cmake", "--preset", preset], ["ninja", "-C", str(folder), *targets]):
            if subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT).returncode != 0:
                out.flush()
                lines = log.read_text().splitlines()
                wrong = [l for l in lines if "error" in l or "FAILED" in l][:20] or lines[-20:]
                sys.exit("\n".join(wrong) + f"\nerror TR-BUILD: {' '.join(command[:3])} failed; the full log is {log}")
    after = cache_counts()
    print(f"build {preset}: {time.monotonic() - start:.0f} s, compiler cache {after[0] - before[0]} hits, {after[1] - before[1]} misses", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build(sys.argv[1], sys.argv[2:])
