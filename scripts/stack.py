#!/usr/bin/env python3
"""What `make up`, `down`, `destroy`, `status`, `env` and `doctor` call.

    scripts/stack.py up|down|destroy|status|env|doctor [--instance NAME] [--state-dir DIR] [--port N] [--build DIR]

Progress goes to stderr, answers to stdout. Exit codes: 0 done or all as asked, 1 failed, 2 usage, 3 answered and the answer is bad, 5 engine not reachable."""

import argparse
import os
import pathlib
import subprocess
import sys
import time

from stacklib.doctor import examine
from stacklib.engine import Engine
from stacklib.problem import Problem

ROOT = pathlib.Path(__file__).resolve().parent.parent


def phase(number, of, name):
    print(f" {number}/{of} {name:<9}", end=" ", file=sys.stderr, flush=True)
    return time.monotonic()


def done(start, text):
    print(f"ok {text} · {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def up(engine, _):
    start = phase(1, 3, "host")
    wrong = [c for c in examine(engine) if c.state == "FAIL"]
    if wrong:
        print("FAIL", file=sys.stderr)
        raise Problem("HOST", wrong[0].text, wrong[0].why, "nothing was changed", wrong[0].do)
    done(start, "namespaces, nftables, podman, ports")
    start = phase(2, 3, "programs")
    made = subprocess.run([sys.executable, str(ROOT / "scripts/program_root.py"), "ensure", "haproxy", "--state-dir", str(engine.state_dir)], capture_output=True, text=True)
    if made.returncode != 0:
        print("FAIL", file=sys.stderr)
        raise Problem("PROGRAMS", "HAProxy 3 could not be unpacked", (made.stderr or made.stdout).strip(), "no engine was started", "check the network and the Debian sources, then run this again")
    done(start, "haproxy 3, self-tested")
    start = phase(3, 3, "engine")
    was_there = engine.running()
    engine.start()
    done(start, f"{engine.endpoint} · account 000000000000 · us-east-1" + (" · already running" if was_there else ""))
    print(f"""The engine is up.
  talk to it   eval "$(make -s env)"
               aws --endpoint-url $AWS_ENDPOINT_URL sts get-caller-identity
               terraform -chdir=terraform/network init && terraform -chdir=terraform/network apply -var name=drupal
  not there    the database behind the AWS API, and so the site: see README, "What is not there yet"
  next         make status · make down (keeps the data) · make destroy""")


def down(engine, _):
    engine.stop()
    engine.verb("--stop-node", "yes")
    print("stopped; the data stays in " + str(engine.state_dir))


def destroy(engine, _):
    engine.stop()
    removed = engine.verb("--remove-all", "yes")
    if removed.returncode != 0:
        raise Problem("DESTROY", "not everything could be removed", removed.stderr.strip(), "the state folder is kept", "run this again")
    engine.remove_state()
    left = engine.leftovers()
    if left:
        raise Problem("LEFT-BEHIND", "something of the engine is left on this machine", "\n".join(left), "the state folder is gone", "report this: it is a bug")
    print("removed; nothing of the engine is left on this machine")


def status(engine, _):
    if not engine.running():
        print(f"engine {engine.instance}: not running")
        sys.exit(5)
    print(f"engine {engine.instance}: {engine.endpoint} answers")
    for name in ("terrariumd", "terrarium-host", "terrarium-node"):
        pid = engine._pid(name)
        memory = engine.memory(pid) if pid else None
        print(f"  {name:<16} " + (f"pid {pid} · {memory} MiB" if pid else "not running"))
    for namespace in sorted(engine.namespaces()):
        print(f"  namespace        {namespace}")


def env(engine, _):
    if not engine.running():
        raise Problem("NO-ENGINE", "no engine answers at " + engine.endpoint, do="make up", exit_code=5)
    for name, value in engine.environment().items():
        print(f"export {name}={value}")
    provider = ROOT / "build" / "release" / "terraform-provider-aws"
    if provider.exists():
        # Only through this variable, so that no other project finds the provider.
        config = subprocess.run([sys.executable, str(ROOT / "scripts/terraform_cli_config.py"), str(engine.state_dir / "terraform"), str(provider)], capture_output=True, text=True)
        if config.returncode == 0:
            print(f"export TF_CLI_CONFIG_FILE={config.stdout.strip()}")


def doctor(engine, _):
    checks = examine(engine)
    for check in checks:
        print(f"{check.state:<5} {check.text}")
        if check.state != "ok":
            print(f"      why {check.why}\n      do  {check.do}")
    if any(c.state == "FAIL" for c in checks):
        sys.exit(3)


def main():
    verbs = {f.__name__: f for f in (up, down, destroy, status, env, doctor)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("--instance", default="t0")
    parser.add_argument("--state-dir", default="/var/lib/terrarium")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    arguments = parser.parse_args()
    engine = Engine(arguments.build, arguments.instance, arguments.state_dir, port=arguments.port)
    try:
        verbs[arguments.verb](engine, arguments)
    except Problem as problem:
        problem.show()
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    os.umask(0o022)
    main()
