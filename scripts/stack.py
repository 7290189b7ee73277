#!/usr/bin/env python3
"""What `make up`, `down`, `destroy`, `status`, `env` and `doctor` call.

    scripts/stack.py up [--site DIR | --canary] [--name NAME] [--door PORT]
    scripts/stack.py down|destroy|status|env|doctor
    each with [--instance NAME] [--state-dir DIR] [--port N] [--build DIR]

Progress goes to stderr, answers to stdout. Exit codes: 0 done or all as asked, 1 failed, 2 usage, 3 answered and the answer is bad, 5 engine not reachable."""

import argparse
import os
import pathlib
import subprocess
import sys

import terraform_cli_config
from stacklib.cloud import Cloud, deploy_role
from stacklib.doctor import examine
from stacklib.image import build, push
from stacklib.phases import Phases
from stacklib.place import add_arguments, engine_of
from stacklib.problem import Problem
from stacklib.site import Site
from stacklib.terraform import Terraform

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = "/var/cache/terrarium/packages"  # of several engines, and kept when one is destroyed
POLICY = ROOT / "terraform" / "deploy-role-policy.json"


def up(engine, asked):
    phases = Phases(["host", "programs", "engine", "stack", "image", "release", "site"])

    def host():
        if asked.site is not None and not asked.site.is_dir():
            raise Problem("NO-SITE", f"{asked.site} is no folder", "--site names the site's code", "nothing was changed", "give the folder of a Composer project, or leave SITE out")
        engine.check_owner()
        wrong = [c for c in examine(engine) if c.state == "FAIL"]
        if wrong:
            raise Problem("HOST", wrong[0].text, wrong[0].why, "nothing was changed", wrong[0].do)
        return "namespaces, nftables, podman, ports"

    def programs():
        if engine.running():
            return "in use"
        for name in ("haproxy", "mysql"):
            made = subprocess.run([sys.executable, str(ROOT / "scripts/program_root.py"), "ensure", name, "--state-dir", str(engine.state_dir), "--cache-dir", PACKAGES],
                                  capture_output=True, text=True)
            if made.returncode != 0:
                raise Problem("PROGRAMS", f"{name} could not be unpacked", (made.stderr or made.stdout).strip(), do="check the network and the Debian sources, then run this again")
        return "haproxy 3, mysqld, each self-tested"

    def start():
        was_there = engine.running()
        engine.start()
        root = Cloud(engine.endpoint, engine.root_credentials())
        cloud = deploy_role(root, POLICY, asked.name, engine.state_dir / "stack" / asked.name / "deployer.key")
        return f"{engine.endpoint} · {cloud.region} · role {cloud.sts.get_caller_identity()['Arn'].split('/')[1]}" + (" · already running" if was_there else ""), cloud

    phases.run("host", host)
    phases.run("programs", programs)
    cloud = phases.run("engine", start)
    terraform = Terraform(engine, cloud, asked.name)

    def stack():
        terraform.prepare()
        return changes(terraform.apply()), Site(engine, cloud, terraform.outputs())

    site = phases.run("stack", stack)

    def image():
        built = build(engine, asked.site, engine.database_authority(cloud.region), asked.canary)
        reference, pushed = push(engine, cloud, site.outputs["repository_name"], site.outputs["repository_url"], built["tag"])
        return f"{built['code']} · {built['tag'].split('/')[-1]} · {built['bytes'] / 1e6:.0f} MB · {'pushed' if pushed else 'there already'}", (reference, built["code"])

    reference, code = phases.run("image", image)

    def release():
        if terraform.image() == reference:
            return "serves already"
        gated = site.installed()
        if gated:
            site.gate(reference)
        terraform.set_image(reference)
        counts = terraform.apply()
        site.outputs = terraform.outputs()
        return ("updates done · " if gated else "") + changes(counts)

    phases.run("release", release)

    def page():
        there = site.installed()
        if not there:
            site.install()
        status, seconds = site.wait()
        return f"{'installed before' if there else 'installed'} · GET / through the load balancer {status} in {seconds * 1000:.0f} ms"

    phases.run("site", page)
    print(f"Your site is up. {phases.total()}")
    print(f"  site     {site.url}")
    if code == "canary" and sys.stdout.isatty():
        print(f"  log in   {site.login_link()}    works once")
    print(f"""  next     {engine.build.relative_to(ROOT) if engine.build.is_relative_to(ROOT) else engine.build}/terrarium status    the whole stack on one screen
           make prove                        checks the promises here
           eval "$(make -s env)"             aws, terraform and SDKs then talk to this stack
           make down                         stops everything, keeps the data""")
    if code == "canary":
        print("  This is the canary site, not Drupal: make up SITE=/path/to/a/composer/project brings yours.")


def changes(counts):
    if not any(counts):
        return "nothing to change"
    return "terraform apply · " + " · ".join(f"{n} {word}" for n, word in zip(counts, ("created", "changed", "removed")) if n)


def down(engine, _):
    engine.check_owner()
    engine.stop()
    stopped = engine.verb("--stop-all", "yes")
    if stopped.returncode != 0:
        raise Problem("DOWN", "not everything could be stopped", stopped.stderr.strip(), "the data is kept", "run this again")
    print("stopped; the data stays in " + str(engine.state_dir))


def destroy(engine, _):
    engine.check_owner()
    engine.stop()
    removed = engine.verb("--remove-all", "yes")
    if removed.returncode != 0:
        raise Problem("DESTROY", "not everything could be removed", removed.stderr.strip(), "the state folder is kept", "run this again")
    engine.remove_state()
    left = engine.leftovers()
    if left:
        raise Problem("LEFT-BEHIND", "something of the engine is left on this machine", "\n".join(left), "the state folder is gone", "report this: it is a bug")
    print("removed; nothing of the engine is left on this machine")


def status(engine, asked):
    if not engine.running():
        print(f"engine {engine.instance}: not running")
        sys.exit(5)
    print("engine · " + " · ".join(f"{name} {f'pid {pid}, {engine.memory(pid)} MiB' if (pid := engine._pid(name)) else 'not running'}" for name in ("terrariumd", "terrarium-host", "terrarium-node")))
    sys.stdout.flush()
    program = str(engine.build / "terrarium")
    os.execv(program, [program, "status", "--name", asked.name, "--state-dir", str(engine.state_dir), "--port", str(engine.port), "--door-port", str(engine.door)])


def env(engine, _):
    if not engine.running():
        raise Problem("NO-ENGINE", "no engine answers at " + engine.endpoint, do="make up", exit_code=5)
    for name, value in engine.environment().items():
        print(f"export {name}={value}")
    provider = engine.build / "terraform-provider-aws"
    if provider.exists():
        # Only through this variable, so that no other project finds the provider.
        print(f"export TF_CLI_CONFIG_FILE={terraform_cli_config.write(engine.state_dir / 'terraform', provider)}")


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
    add_arguments(parser)
    code = parser.add_mutually_exclusive_group()
    code.add_argument("--site", type=pathlib.Path, metavar="DIR", help="the site's code: a Composer project, or a docroot with its vendor/")
    code.add_argument("--canary", action="store_true", help="the canary site, also where Drupal could be had")
    arguments = parser.parse_args()
    engine = engine_of(arguments)
    try:
        verbs[arguments.verb](engine, arguments)
    except Problem as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        Problem("FAILED", str(error), type(error).__name__, "what was done before it stays; the next run goes on from here", f"the logs are in {engine.state_dir}/log").show()
        sys.exit(1)
    except KeyboardInterrupt:
        print("\ninterrupted; the next run goes on from here", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    os.umask(0o022)
    main()
