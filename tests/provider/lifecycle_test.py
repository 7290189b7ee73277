"""Generated from the schema tables: every argument of every resource type through its life."""

import json
import os
import subprocess
import unittest

import samples
import workspace
from workspace import BUILD, Workspace, check

TABLES = json.loads(subprocess.run([BUILD / "provider_describe"], check=True, capture_output=True, text=True).stdout)
STRICT = bool(os.environ.get("STRICT"))
ENVIRONMENT = ({"TERRARIUM_PROVIDER_STRICT": "1"} if STRICT else {}) | (
    {"TF_DISABLE_PLUGIN_TLS": "1"} if os.environ.get("NO_TLS") else {})


def arguments_of(table, prefix=""):
    """(path, row, replaces) of everything that can be configured."""
    for name, row in table.items():
        settable = {"required", "optional"} & set(row["flags"])
        if not settable or name in ("id", "tags_all"):
            continue
        if "block" in row and prefix + name not in ("inline_policy",):
            yield from arguments_of(row["block"], f"{name}.")
        else:
            yield prefix + name, row, "force_new" in row["flags"]


class LifeCycle(unittest.TestCase):
    def setUp(self):
        self.ws = Workspace(**ENVIRONMENT)
        self.addCleanup(self.ws.close)

    def write(self, arguments):
        self.ws.write(samples.render(self.kind, "it", arguments))

    def fresh(self):
        self.write(samples.BASE[self.kind])
        self.ws.apply()
        self.ws.expect_clean("created")

    @property
    def address(self):
        return f"{self.kind}.it"

    def argument(self, path, row, replaces):
        self.fresh()
        before = self.ws.attributes(self.address)
        self.write(samples.with_other(self.kind, path))
        actions, paths = self.ws.plan()[self.address]
        check(actions == (["delete", "create"] if replaces else ["update"]), f"{path}: {actions}")
        check(not replaces or any(path.split(".")[0] == p[0] for p in paths), f"{path} is not among {paths}")
        self.ws.apply()
        self.ws.expect_clean(f"{path} changed")
        after = self.ws.attributes(self.address)
        check(before != after, f"{path}: the state did not change")
        check(replaces or before["id"] == after["id"], f"{path}: the object was replaced")

        # And back. What is Computed too stays as it is; a strict plan takes blocks away all the same.
        self.write(samples.BASE[self.kind])
        stays = "computed" in row["flags"] and not (STRICT and "block" in row)
        stays = stays and path.split(".")[-1] not in samples.BASE[self.kind]
        changes = self.ws.plan()
        if stays and path != "name_prefix":
            check(not (changes and not replaces), f"{path} taken away: {changes}")
        elif path not in ("encryption_configuration.kms_key",):
            check(self.address in changes, f"{path} back: no change")
        self.ws.apply()
        self.ws.expect_clean(f"{path} back")

    def whole_life(self):
        self.fresh()
        born = self.ws.attributes(self.address)
        self.ws.terraform("state", "rm", self.address)
        self.ws.terraform("import", "-input=false", self.address, born["id"])
        self.ws.expect_clean("imported")
        imported = self.ws.attributes(self.address)
        differ = {k for k in born if born[k] != imported[k] and (born[k] or imported[k])}
        check(not differ, f"import differs from create in {differ}")
        self.ws.terraform("taint", self.address)
        check(self.ws.plan()[self.address][0] == ["delete", "create"], "a tainted object is replaced")
        self.ws.apply()
        self.ws.expect_clean("replaced after taint")
        self.ws.apply("-destroy")
        check(self.ws.state()["resources"] == [], "the state is empty")
        check(not self.ws.cloud.everything(), f"the cloud is empty: {self.ws.cloud.everything()}")


def add(kind, name, run):
    case = type(f"{kind}", (LifeCycle,), {"kind": kind}) if kind not in globals() else globals()[kind]
    globals()[kind] = case
    setattr(case, f"test_{name}", run)


for _kind, _table in TABLES.items():
    add(_kind, "whole_life", lambda self: self.whole_life())
    for _path, _row, _replaces in arguments_of(_table):
        add(_kind, _path.replace(".", "_"),
            lambda self, p=_path, r=_row, f=_replaces: self.argument(p, r, f))


class Samples(unittest.TestCase):
    def test_every_argument_has_a_sample(self):
        for kind, table in TABLES.items():
            for path, _, _ in arguments_of(table):
                check(path in samples.OTHER[kind], f"{kind}.{path} has no sample")


del LifeCycle  # only its generated children run

if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=1).result
    print(f"{workspace.checks} checks passed")
    raise SystemExit(not outcome.wasSuccessful())
