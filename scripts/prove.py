#!/usr/bin/env python3
"""What `make prove` calls: the claims of `terrarium prove` on the running stack; one is made first where none runs.

    scripts/prove.py [CLAIM...] [--canary] [--instance NAME] [--state-dir DIR] [--run-dir DIR] [--port N] [--door N] [--name STACK] [--build DIR] [-- FLAG...]

What follows "--" goes to terrarium prove as it is. Closes with "N passed, N failed"; exit codes are those of terrarium prove."""

import argparse
import pathlib
import subprocess
import sys

from stacklib.place import add_arguments, engine_of

ROOT = pathlib.Path(__file__).resolve().parent.parent


def serves(engine, name):
    """Whether the stack's service has a task to prove anything with."""
    if not engine.running():
        return False
    from stacklib.cloud import Cloud
    found = Cloud(engine.endpoint, engine.root_credentials()).ecs.describe_services(cluster=name, services=[name])
    return any(s["status"] == "ACTIVE" and s["desiredCount"] > 0 for s in found.get("services", []))


def main():
    words = [*sys.argv[1:], "--"]
    own, passed_on = words[:words.index("--")], words[words.index("--") + 1:-1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claims", nargs="*", metavar="CLAIM")
    parser.add_argument("--canary", action="store_true", help="where a stack is made: of the canary site")
    add_arguments(parser)
    asked = parser.parse_args(own)
    engine = engine_of(asked)
    place = ["--instance", asked.instance, "--state-dir", asked.state_dir, *(["--run-dir", asked.run_dir] if asked.run_dir else []), "--port", str(asked.port), "--name", asked.name]
    try:
        there = serves(engine, asked.name)
    except Exception as error:  # botocore's own classes: any refusal means that the stack is not whole, and up says why
        print(f"the stack cannot be asked ({error.__class__.__name__}): making it", file=sys.stderr)
        there = False
    if not there:
        up = subprocess.run([sys.executable, str(ROOT / "scripts/stack.py"), "up", *place, "--door", str(asked.door), "--build", asked.build, *(["--canary"] if asked.canary else [])], stdout=sys.stderr)
        if up.returncode != 0:
            print("0 passed, 1 failed")  # no claim could be looked at
            sys.exit(up.returncode)
    sys.exit(subprocess.run([str(pathlib.Path(asked.build) / "terrarium"), "prove", *asked.claims, *place, "--door-port", str(asked.door), *passed_on]).returncode)


if __name__ == "__main__":
    main()
