"""Runs the real clients as processes of their own, and says where two of them read different things from the same calls."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

from wire_model import WireModel

HERE = pathlib.Path(__file__).resolve().parent
DEBIAN_PYTHON = "/usr/bin/python3"  # whose boto3 and AWS CLI are Debian's
REGION = "us-east-1"
NODE_AT_LEAST = 20
CACHE = pathlib.Path(os.environ.get("TERRARIUM_TEST_CACHE", "/var/cache/terrarium/test"))
# Each call answers these anew: two clients agree when both got an answer of the same form.
ANEW = {"GetAuthorizationToken", "GetRandomPassword"}
# What goes on while the clients read: log lines come in, and tasks write them.
MOVING = {"FilterLogEvents", "DescribeLogStreams", "DescribeLogGroups", "GetLogEvents"}
# Names that tell the page, not the thing.
PAGE_TOKENS = {"NextToken", "nextToken", "Marker", "NextMarker", "nextForwardToken", "nextBackwardToken"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Missing(Exception):
    """A client that this machine does not have."""


def interpreters():
    """Debian's Python, and the one that runs the tests where its boto3 is another."""
    out = [DEBIAN_PYTHON]
    mine = pathlib.Path(sys.executable).resolve()
    if mine != pathlib.Path(DEBIAN_PYTHON).resolve() and subprocess.run([sys.executable, "-c", "import boto3"], capture_output=True).returncode == 0:
        out.append(sys.executable)
    return out


def _run(argv, engine, stdin="", **variables):
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=180, cwd=HERE,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(engine.state_dir), **engine.environment(), **variables})
    if done.returncode != 0:
        raise AssertionError(f"{argv[0]} {pathlib.Path(argv[1]).name} ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def read_back(python, engine, state):
    """The report of read_back.py."""
    return _run([python, str(HERE / "read_back.py"), str(state)], engine)


def _asked(engine, calls):
    return json.dumps({"endpoint": engine.endpoint, "region": REGION, "calls": [{k: c[k] for k in ("service", "operation", "params")} for c in calls]})


def one_of_each(calls):
    """The first answered call of each operation."""
    first = {}
    for call in calls:
        if call["answer"] is not None:
            first.setdefault((call["service"], call["operation"]), call)
    return list(first.values())


def replay_with_cli(engine, calls):
    """[(call, answer)] of Debian's AWS CLI; calls that it is too old for are left out."""
    out = []
    for call, result in zip(calls, _run([DEBIAN_PYTHON, str(HERE / "replay_cli.py")], engine, _asked(engine, calls))):
        if result["code"] == 0:
            out.append((call, result["answer"] or {}))
        elif not result["too_old"]:
            raise AssertionError(f"aws {call['service']} {call['operation']}: {result['error']}")
    return out


def node_modules():
    """The folder with the packages of package-lock.json, installed once into a cache outside of the repository."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing("node and npm are not on the path")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    if int(re.match(r"v(\d+)", version)[1]) < NODE_AT_LEAST:
        raise Missing(f"node {version} is older than {NODE_AT_LEAST}, which the SDK asks for")
    names = ("package.json", "package-lock.json")
    folder = CACHE / ("npm-" + hashlib.sha256(b"".join((HERE / name).read_bytes() for name in names)).hexdigest()[:16])
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in names:
            shutil.copy(HERE / name, folder)
        done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise Missing("npm cannot fetch the packages: " + done.stderr.strip()[-300:])
        (folder / "complete").touch()
    return folder


def replay_with_sdk(engine, calls, account):
    """([(call, answer)], complaints) of the AWS SDK for JavaScript; every answer's bytes are judged too."""
    modules = node_modules()
    results = _run([shutil.which("node"), str(HERE / "replay_sdk.cjs")], engine, _asked(engine, calls), NODE_MODULES_OF=str(modules))
    models, answers, complaints = {}, [], []
    for call, result in zip(calls, results):
        name = f"{call['service']} {call['operation']}"
        if "status" not in result:
            complaints.append(f"{name}: no answer: {result.get('error')}")
            continue
        model = models.setdefault(call["service"], WireModel(call["service"], account, REGION))
        complaints += [f"{call['service']} {text}" for text in model.complaints(call["operation"], result["status"], result["type"], base64.b64decode(result["body"]))]
        if "answer" in result:
            answers.append((call, result["answer"]))
        elif call["answer"] is not None:
            complaints.append(f"{name}: {result['error']}")
        elif "refused" in call and call["refused"] not in result["error"]["name"] and result["error"]["name"] != "NotImplemented":
            complaints.append(f"{name}: {result['error']}, where {call['refused']} was due")
    return answers, complaints


def differences(answers):
    """Where a client's answers are not those that boto3 had: [text]."""
    out = []
    for call, answer in answers:
        if call["answer"] is not None and call["operation"] not in MOVING:
            out += [f"{call['service']} {call['operation']} {text}" for text in _differ(_plain(call["answer"]), _plain(answer), "", call["operation"] in ANEW)]
    return out


def _plain(value):
    """One form for what clients show differently: times as numbers, policy documents as trees, what is empty as absent."""
    if isinstance(value, dict):
        return {k: p for k, v in value.items() if k not in PAGE_TOKENS and (p := _plain(v)) not in ({}, [], None, "")}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, str) and TIME.fullmatch(value):
        return int(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1000)
    if isinstance(value, str) and value.startswith("%7B"):
        return _plain(json.loads(urllib.parse.unquote(value)))
    return value


def _differ(a, b, path, form_only):
    if isinstance(a, dict) and isinstance(b, dict):
        # A member that one client is too old for is left out by it.
        for key in a.keys() & b.keys():
            yield from _differ(a[key], b[key], f"{path}.{key}", form_only)
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            yield f"{path}: {len(a)} for boto3, {len(b)} here"
        for index, (x, y) in enumerate(zip(a, b)):
            yield from _differ(x, y, f"{path}[{index}]", form_only)
    elif type(a) is not type(b) and not (isinstance(a, (int, float)) and isinstance(b, (int, float))) or a != b and not form_only:
        yield f"{path}: {a!r} for boto3, {b!r} here"
