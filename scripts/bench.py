#!/usr/bin/env python3
"""What `make bench` calls: measures this engine and its references in turns, prints the rows and writes them with command, date and machine.

    scripts/bench.py [ROW...] [--rounds N] [--build DIR] [--write FILE] [--list]

Each row gives the median and the spread (least to most) of its rounds; where a reference exists, both are measured in every round, one after the other, and the ratio is the
median of the rounds' ratios. Nothing is asserted: absolute figures are this machine's, and say nothing about AWS. Needs root: it starts engines of its own and removes them."""

import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
RESOURCES = 1000


class Row:
    def __init__(self, name, unit, ours, reference=None, beside="", note=""):
        self.name, self.unit, self.ours, self.reference, self.beside, self.note = name, unit, ours, reference or [], beside, note

    @staticmethod
    def _of(values):
        def text(v):
            return f"{v:,.0f}" if abs(v) >= 100 else f"{v:,.1f}" if abs(v) >= 10 else f"{v:.2f}"
        return text(statistics.median(values)) + (f" ({text(min(values))} to {text(max(values))})" if len(values) > 1 else "")

    def cells(self):
        ratio = ""
        if any(self.reference):
            ratio = f"{statistics.median(o / r for o, r in zip(self.ours, self.reference) if r):.2f} x"
        return [self.name, f"{self._of(self.ours)} {self.unit}", f"{self.beside} {self._of(self.reference)} {self.unit}".strip() if self.reference else self.beside, ratio, self.note]


class Bench:
    def __init__(self, build, rounds):
        self.build, self.rounds, self.engines = build, rounds, []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="terrarium-bench-"))
        os.environ["TERRARIUM_BUILD"] = str(build)

    def close(self):
        for engine in self.engines:
            engine.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def engine(self):
        from support import TestEngine
        engine = TestEngine()
        self.engines.append(engine)
        engine.start()
        return engine

    def replay(self, *arguments):
        done = subprocess.run([str(self.build / "terrarium-replay"), *map(str, arguments)], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"terrarium-replay {' '.join(map(str, arguments))}: {done.stderr or done.returncode}")
        return json.loads(done.stdout)

    def signed(self, name, endpoint, key, service, calls):
        """A file with these calls ((operation, parameters)), each a whole signed request."""
        import botocore.awsrequest
        import botocore.session
        session = botocore.session.Session()
        session.set_credentials(*key)
        client = session.create_client(service, region_name="us-east-1", endpoint_url=endpoint)
        path = self.folder / name
        caught = []

        def catch(request, **_):
            caught.append(request)
            return botocore.awsrequest.AWSResponse(request.url, 500, {}, None)
        client.meta.events.register("before-send", catch)
        with path.open("wb") as out:
            for operation, parameters in calls:
                caught.clear()
                try:
                    getattr(client, operation)(**parameters)
                except Exception:  # whatever a caught request is answered with: it is the request that is wanted
                    pass
                request = caught[0]
                body = request.body or b""
                body = body.encode() if isinstance(body, str) else body
                target = "/" + request.url.split("/", 3)[3] if request.url.count("/") > 2 else "/"
                headers = {k: (v.decode() if isinstance(v, bytes) else v) for k, v in request.headers.items()}
                headers.setdefault("Host", request.url.split("/")[2])
                headers["Content-Length"] = str(len(body))
                whole = (f"{request.method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode() + body
                out.write(b"%010d" % len(whole) + whole)
        return path

    # ---- rows

    def start(self):
        """exec of terrariumd to its first signed answer: with 1,000 log groups in its database, beside an empty one."""
        full, empty = self.engine(), self.engine()
        logs = full.client("logs")
        for i in range(RESOURCES):
            logs.create_log_group(logGroupName=f"/bench/{i}")
        times = {}
        for _ in range(self.rounds):
            for engine in (full, empty):
                engine._end("terrariumd")
                call = self.signed("first", engine.endpoint, engine.root_credentials(), "sts", [("get_caller_identity", {})])
                timer = subprocess.Popen([str(self.build / "terrarium-replay"), "first", str(call), str(engine.port), "30"], stdout=subprocess.PIPE, text=True)
                engine.start()
                times.setdefault(engine.instance, []).append(json.loads(timer.communicate(timeout=60)[0])["ms"])
        return [Row(f"exec to first signed answer, {RESOURCES:,} resources", "ms", times[full.instance], times[empty.instance], "empty:", "from the launch of the starter; includes its own fork and checks")]

    def memory(self):
        """Proportional set size of the three processes of an engine that has nothing to do."""
        engine = self.engine()
        engine.aws("sts", "get-caller-identity")
        found = {name: engine.memory(engine._pid(name)) for name in ("terrariumd", "terrarium-host", "terrarium-node") if engine._pid(name)}
        return [Row(f"PSS of {name}, idle", "MiB", [value]) for name, value in found.items()] + [Row("PSS of these together", "MiB", [sum(found.values())])]

    def _moto(self):
        from support import free_port
        port = free_port()
        try:
            child = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        except OSError:
            return None, None
        import urllib.request
        for _ in range(150):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2)
                return child, port
            except OSError:
                if child.poll() is not None:
                    return None, None
                time.sleep(0.1)
        child.kill()
        return None, None

    def reads(self):
        """Signed, authorised reads a second over 8 kept connections; the sender has the other core. Beside moto, which checks neither signature nor permission here."""
        engine = self.engine()
        moto, moto_port = self._moto()
        key = engine.root_credentials()
        try:
            rows = []
            for label, service, call in (("GetCallerIdentity", "sts", ("get_caller_identity", {})), ("DescribeVpcs (1)", "ec2", ("describe_vpcs", {})), ("ListClusters (0)", "ecs", ("list_clusters", {}))):
                ours, theirs = [], []
                if moto:  # its first call of a service loads that service
                    self.replay("first", self.signed("moto", f"http://127.0.0.1:{moto_port}", key, service, [call]), moto_port, 90)
                for _ in range(self.rounds):
                    ours.append(self.replay("calls", self.signed("read", engine.endpoint, key, service, [call]), engine.port, 8, 2)["per_second"])
                    if moto:
                        theirs.append(self.replay("calls", self.signed("moto", f"http://127.0.0.1:{moto_port}", key, service, [call]), moto_port, 8, 2)["per_second"])
                rows.append(Row(f"{label}, signed", "/s", ours, theirs, "moto:" if theirs else "moto is not here"))
            return rows
        finally:
            if moto:
                moto.kill()
                moto.wait()

    def writes(self):
        """Acknowledged, durable writes a second (a tag of a cluster, another value each), 32 connections; beside fdatasync of 4 KiB on the same file system in the same round."""
        engine = self.engine()
        cluster = engine.client("ecs").create_cluster(clusterName="bench")["cluster"]["clusterArn"]
        ours, disk, tails = [], [], []
        for turn in range(self.rounds):
            calls = self.signed("write", engine.endpoint, engine.root_credentials(), "ecs", [("tag_resource", {"resourceArn": cluster, "tags": [{"key": "n", "value": f"{turn}-{i}"}]}) for i in range(4000)])
            disk.append(self.replay("sync", engine.state_dir / "sync", 2)["per_second"])
            report = self.replay("calls", calls, engine.port, 32, 3)
            ours.append(report["per_second"])
            tails.append(report["p99_ms"])
        return [Row("durable writes, 32 connections", "/s", ours, disk, "fdatasync:"), Row("durable writes, p99", "ms", tails)]

    def lines(self):
        """Lines by folder, of what git knows."""
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
        counts = {}
        for name in listed:
            path = ROOT / name
            if path.suffix in (".cc", ".h", ".py", ".tf", ".hcl", ".php", ".model") and path.is_file():
                top = name.split("/")[0]
                top = "/".join(name.split("/")[:2]) if top == "src" else top
                test = "_test." in name or "fixture" in name or top == "tests"
                counts.setdefault(top, [0, 0])[1 if test else 0] += path.read_text(errors="replace").count("\n")
        return [Row(f"lines of {top}", "", [own], note=f"and {tests:,} of tests" if tests else "") for top, (own, tests) in sorted(counts.items())]

    ROWS = ("start", "memory", "reads", "writes", "lines")


def table(rows):
    out = ["| what | measured: median (least to most) | beside | ratio | |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(out + ["| " + " | ".join(row.cells()) + " |" for row in rows])


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, load {os.getloadavg()[0]:.1f} at the start"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="all where none is named: " + " ".join(Bench.ROWS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="writes the table there, with command and date")
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    if asked.list:
        for name in Bench.ROWS:
            print(f"{name:<8} {getattr(Bench, name).__doc__}")
        return
    unknown = [r for r in asked.rows if r not in Bench.ROWS]
    if unknown:
        parser.error(f"there is no row {unknown[0]}; there are {' '.join(Bench.ROWS)}")
    where, bench, rows = machine(), Bench(asked.build.resolve(), asked.rounds), []
    try:
        for name in asked.rows or Bench.ROWS:
            print(f"  {name}", file=sys.stderr, flush=True)
            rows += getattr(bench, name)()
    finally:
        bench.close()
    text = table(rows)
    print(text)
    if asked.write:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        command = "scripts/bench.py " + " ".join([*asked.rows, f"--rounds {asked.rounds}"])
        asked.write.parent.mkdir(parents=True, exist_ok=True)
        asked.write.write_text(f"# Figures\nMeasured by `{command}` (build `{asked.build.name}`) on {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, commit {commit}; {where}. `make bench` makes this page again. "
                               "They are this machine's, under its load, and say nothing about AWS; a ratio is the median of the rounds' ratios, reference and ours measured in turns.\n\n" + text + "\n")


if __name__ == "__main__":
    main()
