"""Generated from the schema tables: every resource type through its life, every argument changed.

    lifecycle_test.py [aws_vpc …]       all types, or these
    STRICT=1                            no legacy type system: Terraform enforces every rule
    NO_TLS=1                            without AutoMTLS
"""

import json
import os
import subprocess
import sys
import unittest

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


class LifeCycle(unittest.TestCase):
    kind = ""

    def setUp(self):
        self.ws = Workspace(**ENVIRONMENT)
        self.addCleanup(self.ws.close)
        self.address = f"{self.kind}.it"
        self.base = samples.BASE[self.kind]
        self.arguments = list(arguments_of(TABLES["resource"][self.kind]["body"]))

    def write(self, arguments):
        self.ws.write(samples.PRELUDE.get(self.kind, "") + samples.render(self.kind, "it", arguments))

    def attributes(self):
        return self.ws.attributes(self.address)

    def planned(self):
        return self.ws.quick_plan().get(self.address)

    def merged(self, replacing):
        """Every change of one sort at once; what excludes another argument stays out."""
        out = dict(self.base)
        for path, _, replaces in self.arguments:
            change = samples.change(self.kind, path)
            if replaces == replacing and change and path not in samples.ALONE.get(self.kind, ()):
                out |= change
        return out

    def test_life(self):
        self.write(self.base)
        self.ws.apply()
        self.ws.expect_clean("created")
        born = self.attributes()
        self.plans_of_each_argument()
        self.change_in_place(born)
        self.replace(born)
        self.import_and_compare()
        self.ws.terraform("taint", self.address)
        check(self.planned() == "replace", "a tainted object is replaced")
        self.ws.apply()
        self.ws.expect_clean("replaced after taint")
        self.ws.apply("-destroy")
        check(self.ws.state()["resources"] == [], "the state is empty")
        check(not self.ws.cloud.everything(), f"the cloud is empty: {self.ws.cloud.everything()}")

    def plans_of_each_argument(self):
        for path, _, replaces in self.arguments:
            if not samples.change(self.kind, path):
                continue
            with self.subTest(path):
                self.write(self.base | samples.change(self.kind, path))
                check(self.planned() == ("replace" if replaces else "update"), f"{path}: {self.planned()}")

    def change_in_place(self, born):
        changed = self.merged(False)
        if changed == self.base:
            return
        self.write(changed)
        check(self.planned() == "update", f"all in place: {self.planned()}")
        self.ws.apply()
        self.ws.expect_clean("changed")
        after = self.attributes()
        for top in {p.split(".")[0] for p, _, replaces in self.arguments if not replaces}:
            check(top not in changed or changed[top] == self.base.get(top) or before_differs(born, after, top),
                  f"{top}: the state did not change: {after.get(top)}")
        if self.kind not in samples.ID_CHANGES:
            check(born["id"] == after["id"], "the object was replaced")
        self.write(self.base)
        self.ws.apply()
        self.ws.expect_clean("changed back")

    def replace(self, born):
        changed = self.merged(True)
        if changed == self.base:
            return
        self.write(changed)
        check(self.planned() == "replace", f"replaced: {self.planned()}")
        self.ws.apply()
        self.ws.expect_clean("replaced")
        for path in samples.ALONE.get(self.kind, ()):
            change = samples.change(self.kind, path)
            self.write({k: v for k, v in (self.base | change).items() if v is not None})
            self.ws.apply()
            self.ws.expect_clean(f"with {path}")
        self.write(self.base)
        self.ws.apply()
        self.ws.expect_clean("replaced back")

    def import_and_compare(self):
        if self.kind in samples.NO_IMPORT:
            return
        before = self.attributes()
        self.ws.terraform("state", "rm", self.address)
        self.ws.terraform("import", "-input=false", self.address, samples.import_id(self.kind, before))
        loses = samples.IMPORT_LOSES.get(self.kind, ())
        if not loses:
            self.ws.expect_clean("imported")
        imported = self.attributes()
        differ = {k for k in before if plain(before[k]) != plain(imported[k]) and k not in loses}
        check(not differ, f"import differs from create in {[(k, before[k], imported[k]) for k in differ]}")
        self.ws.apply()
        self.ws.expect_clean("imported and applied")


def plain(value):
    """Without what the official SDK cannot tell from null: "", 0, false and the empty collection, at every depth."""
    if isinstance(value, dict):
        value = {k: plain(v) for k, v in value.items() if plain(v) is not None}
    if isinstance(value, list):
        value = [plain(v) for v in value]
    return value or None


def before_differs(before, after, top):
    return before.get(top) != after.get(top)


class Samples(unittest.TestCase):
    def test_every_argument_has_a_sample(self):
        for kind, table in TABLES["resource"].items():
            for path, _, _ in arguments_of(table["body"]):
                with self.subTest(f"{kind}.{path}"):
                    check(path in samples.OTHER[kind], f"{kind}.{path} has no sample")


def main():
    wanted = [a for a in sys.argv[1:] if a.startswith("aws_")] or sorted(TABLES["resource"])
    suite = unittest.TestSuite()
    if not sys.argv[1:]:
        suite.addTest(Samples("test_every_argument_has_a_sample"))
    for kind in wanted:
        suite.addTest(type(kind, (LifeCycle,), {"kind": kind})("test_life"))
    outcome = unittest.TextTestRunner(verbosity=2).run(suite)
    print(f"{workspace.checks} checks passed; {workspace.model_report()}")
    raise SystemExit(not outcome.wasSuccessful())


main()
