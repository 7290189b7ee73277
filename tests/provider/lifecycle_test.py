"""Generated from the schema tables: every resource type through its life, every argument changed.

All types live in one configuration, so that a step is one run of Terraform and not one a type.

    lifecycle_test.py [aws_vpc …]       all types, or these
    STRICT=1                            no legacy type system: Terraform enforces every rule
    NO_TLS=1                            without AutoMTLS
"""

import copy
import json
import os
import subprocess
import sys

import samples
import workspace
from workspace import BUILD, Workspace, check

TABLES = json.loads(subprocess.run([BUILD / "provider_describe"], check=True, capture_output=True, text=True).stdout)
STRICT = bool(os.environ.get("STRICT"))
ENVIRONMENT = ({"TERRARIUM_PROVIDER_STRICT": "1"} if STRICT else {}) | (
    {"TF_DISABLE_PLUGIN_TLS": "1"} if os.environ.get("NO_TLS") else {})


def arguments_of(table, prefix="", replaces=False):
    """(path, row, replaces) of everything that can be configured; a block without arguments of its own is one."""
    for name, row in table.items():
        flags = row["flags"]
        settable = {"required", "optional"} & set(flags)
        if not settable or {"refused", "write_only"} & set(flags) or (not prefix and name in ("id", "tags_all", "region", "timeouts")):
            continue
        forces = replaces or "force_new" in flags
        if "block" in row and prefix + name not in samples.WHOLE_BLOCKS:
            yield from arguments_of(row["block"], f"{prefix}{name}.", forces and row["nesting"] == "list")
        else:
            yield prefix + name, row, "force_new" in flags


class Subject:
    """One type under test: its base configuration and what the test knows of its object."""

    def __init__(self, kind):
        self.kind, self.address = kind, f"{kind}.it"
        self.base = samples.BASE[kind]
        self.arguments = list(arguments_of(TABLES["resource"][kind]["body"]))
        self.alone = [p for p in samples.ALONE.get(kind, ()) if samples.change(kind, p)]
        self.steps, self.failure = 0, None

    def merged(self, replacing):
        """Every change of one sort at once; what excludes another argument stays out."""
        out = dict(self.base)
        for path, _, replaces in self.arguments:
            if replaces == replacing and path not in samples.ALONE.get(self.kind, ()):
                out |= samples.change(self.kind, path)
        return out

    def with_alone(self, path):
        return {k: v for k, v in (self.base | samples.change(self.kind, path)).items() if v is not None}

    def instead(self):
        """(path, replaces, arguments) for each single argument changed."""
        for path, _, replaces in self.arguments:
            if change := samples.change(self.kind, path):
                yield path, replaces, self.base | change


class Lives:
    def __init__(self, kinds):
        self.subjects = [Subject(kind) for kind in kinds]
        preludes = {}  # a resource that several types need is there once
        for kind in kinds:
            for block in samples.PRELUDE.get(kind, "").split('resource "')[1:]:
                preludes.setdefault(block.split(" {")[0], 'resource "' + block)
        self.prelude = "".join(preludes.values())
        self.ws = Workspace(**ENVIRONMENT)

    def write(self, arguments_of_subject):
        self.ws.write(self.prelude + "".join(samples.render(s.kind, "it", arguments_of_subject(s)) for s in self.subjects))

    def run(self, *arguments):
        """The events of one run of Terraform; what went wrong with an object is a failure of its type."""
        process = self.ws.start(*arguments, "-input=false", "-json")
        output, _ = process.communicate(timeout=300)
        events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        for event in events:
            if event["@level"] == "error":
                told = event.get("diagnostic", {})
                self.fail(told.get("address", ""), f"{arguments[0]}: {told.get('summary', event['@message'])} {told.get('detail', '')}")
        check(process.returncode == 0 or any(e["@level"] == "error" for e in events), f"terraform {' '.join(arguments)}: status {process.returncode}\n{output}")
        return events

    def fail(self, address, message):
        mine = [s for s in self.subjects if s.kind == address.split(".")[0]] or self.subjects
        for subject in mine:
            subject.failure = subject.failure or message

    def expect(self, subject, condition, message):
        if condition:
            subject.steps += 1
        else:
            self.fail(subject.address, message)

    def planned(self, *arguments):
        """{address: action} of what would change; "" stands for the state alone, which a refresh found changed."""
        out = {}
        for event in self.run("plan", *arguments):
            if event["type"] == "planned_change" and event["change"]["action"] not in ("noop", "read"):
                out[event["change"]["resource"]["addr"]] = event["change"]["action"]
        return out

    def apply(self, *arguments):
        self.run("apply", "-auto-approve", *arguments)

    def clean(self, what):
        for arguments in ((), ("-refresh=false",)):
            changes = self.planned(*arguments)
            strangers = {a: c for a, c in changes.items() if a not in [s.address for s in self.subjects]}
            check(not strangers, f"{what}: plan {' '.join(arguments)} changes {strangers}")
            for s in self.subjects:
                self.expect(s, s.address not in changes, f"{what}: plan {' '.join(arguments)} is not empty: {changes.get(s.address)}")

    def settle(self, what, arguments_of_subject):
        self.write(arguments_of_subject)
        self.apply()
        self.clean(what)
        return self.attributes()

    def expect_planned(self, what, action, concerned, *arguments):
        plan = self.planned(*arguments)
        for s in concerned:
            self.expect(s, plan.get(s.address) == action, f"{what}: planned {plan.get(s.address)}")

    def attributes(self):
        return {r["type"]: r["instances"][0]["attributes"] for r in self.ws.state()["resources"] if r["mode"] == "managed" and r["name"] == "it"}

    def write_state(self, state):
        state["serial"] += 1
        (self.ws.work / "terraform.tfstate").write_text(json.dumps(state))

    # The steps.

    def live(self):
        born = self.settle("created", lambda s: s.base)
        self.plan_each_argument()
        self.change_in_place(born)
        self.replace()
        self.import_and_compare()
        state = self.ws.state()
        for resource in state["resources"]:
            if resource["name"] == "it":
                resource["instances"][0]["status"] = "tainted"
        self.write_state(state)
        self.expect_planned("tainted", "replace", self.subjects)
        self.settle("replaced after taint", lambda s: s.base)
        self.apply("-destroy")
        check(self.ws.state()["resources"] == [], "the state is empty")
        check(not self.ws.cloud.everything(), f"the cloud is empty: {self.ws.cloud.everything()}")

    def plan_each_argument(self):
        """One plan for all: a state in which every object is there once for each of its arguments."""
        before = self.ws.state()
        state, body, expected = copy.deepcopy(before), self.prelude, {}
        born = {r["type"]: r for r in before["resources"] if r["name"] == "it"}
        state["resources"] = [r for r in state["resources"] if r["name"] != "it"]
        for s in self.subjects:
            for number, (path, replaces, arguments) in enumerate(s.instead() if s.kind in born else ()):
                name = f"it{number}"
                state["resources"].append(born[s.kind] | {"name": name})
                body += samples.render(s.kind, name, arguments)
                expected[f"{s.kind}.{name}"] = (s, path, "replace" if replaces else "update")
        self.ws.write(body)
        self.write_state(state)
        plan = self.planned("-refresh=false")
        for address, (s, path, action) in expected.items():
            self.expect(s, plan.get(address) == action, f"{path}: planned {plan.get(address)}, expected {action}")
        before["serial"] = state["serial"]
        self.write_state(before)

    def change_in_place(self, born):
        concerned = [s for s in self.subjects if s.merged(False) != s.base]
        self.write(lambda s: s.merged(False))
        self.expect_planned("all in place", "update", concerned)
        after = self.settle("changed", lambda s: s.merged(False))
        for s in concerned:
            changed, mine, then = s.merged(False), after.get(s.kind, {}), born.get(s.kind, {})
            for top in {p.split(".")[0] for p, _, replaces in s.arguments if not replaces}:
                if top in changed and changed[top] != s.base.get(top):
                    self.expect(s, then.get(top) != mine.get(top), f"{top}: the state did not change: {mine.get(top)}")
            if s.kind not in samples.ID_CHANGES:
                self.expect(s, then.get("id") == mine.get("id"), "the object was replaced")
        self.settle("changed back", lambda s: s.base)

    def replace(self):
        concerned = [s for s in self.subjects if s.merged(True) != s.base]
        self.write(lambda s: s.merged(True))
        self.expect_planned("replaced", "replace", concerned)
        self.settle("replaced", lambda s: s.merged(True))
        for turn in range(max((len(s.alone) for s in self.subjects), default=0)):
            self.settle(f"alone, {turn}", lambda s: s.with_alone(s.alone[turn]) if turn < len(s.alone) else s.base)
        self.settle("replaced back", lambda s: s.base)

    def import_and_compare(self):
        before = self.attributes()
        concerned = [s for s in self.subjects if s.kind not in samples.NO_IMPORT and s.kind in before]
        state = self.ws.state()
        state["resources"] = [r for r in state["resources"] if r["name"] != "it" or r["type"] in samples.NO_IMPORT]
        self.write_state(state)
        main = self.ws.work / "main.tf"
        main.write_text(main.read_text() + "".join(
            f'import {{\n  to = {s.address}\n  id = {json.dumps(samples.import_id(s.kind, before[s.kind]))}\n}}\n' for s in concerned))
        self.run("plan", "-out=plan.bin")
        if not (self.ws.work / "plan.bin").exists():
            return
        shown = json.loads(self.ws.terraform("show", "-json", "plan.bin"))
        changes = {c["address"]: c["change"] for c in shown["resource_changes"]}
        for s in concerned:
            loses = samples.IMPORT_LOSES.get(s.kind, ())
            change = changes.get(s.address, {"actions": None})
            imported = change.get("before") or {}
            differ = [(k, v, imported.get(k)) for k, v in before[s.kind].items() if plain(v) != plain(imported.get(k)) and k not in loses]
            self.expect(s, not differ, f"import differs from create in {differ}")
            self.expect(s, change["actions"] in ((["no-op"], ["update"]) if loses else (["no-op"],)), f"imported: planned {change['actions']}")
        self.apply()
        self.clean("imported and applied")


def plain(value):
    """Without what the official SDK cannot tell from null: "", 0, false and the empty collection, at every depth."""
    if isinstance(value, dict):
        value = {k: plain(v) for k, v in value.items() if plain(v) is not None}
    if isinstance(value, list):
        value = [plain(v) for v in value]
    return value or None


def missing_samples():
    return [f"{kind}.{path}" for kind, table in TABLES["resource"].items() for path, _, _ in arguments_of(table["body"]) if path not in samples.OTHER[kind]]


def main():
    kinds = [a for a in sys.argv[1:] if a.startswith("aws_")] or sorted(TABLES["resource"])
    check(not missing_samples(), f"arguments without a sample: {missing_samples()}")
    lives = Lives(kinds)
    try:
        lives.live()
    finally:
        lives.ws.close()
    wrong = [s for s in lives.subjects if s.failure]
    for s in wrong:
        print(f"{s.kind}: {s.failure}")
    print(f"{len(kinds)} types × {sum(s.steps for s in lives.subjects) / len(kinds):.0f} steps; {workspace.checks} checks of Terraform; {workspace.model_report()}")
    print(f"{sum(s.steps for s in lives.subjects)} passed, {len(wrong)} failed, 0 skipped")
    raise SystemExit(bool(wrong))


main()
