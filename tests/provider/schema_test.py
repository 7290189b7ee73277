"""The schema tables against the interface facts of hashicorp/aws, where those are at hand."""

import json
import subprocess
import unittest

from cloud.models import shared_data
from workspace import BUILD

FACTS = shared_data() / "aws-provider-schema"
TABLES = json.loads(subprocess.run([BUILD / "provider_describe"], check=True, capture_output=True, text=True).stdout)
FLAGS = ("required", "optional", "computed", "sensitive", "write_only")
# Where the table differs on purpose.
KNOWN = {
    "aws_vpc.instance_tenancy force_new": "every change replaces but dedicated to default, which is not done in place here",
}


def differences(table, facts, where, managed):
    rows = {n: r for n, r in table.items() if "type" in r}
    blocks = {n: r for n, r in table.items() if "block" in r and n != "timeouts"}
    for name in sorted(rows.keys() ^ facts["attributes"].keys()):
        yield f"{where}.{name} " + ("is not in the official schema" if name in rows else "is missing")
    for name in sorted(blocks.keys() ^ facts["blocks"].keys()):
        yield f"{where}.{name} block " + ("is not in the official schema" if name in blocks else "is missing")
    for name, row in rows.items():
        fact = facts["attributes"].get(name)
        if not fact:
            continue
        if row["type"] != fact["type"]:
            yield f"{where}.{name} type: {row['type']}, official {fact['type']}"
        for flag in FLAGS:
            if (flag in row["flags"]) != bool(fact.get(flag)):
                yield f"{where}.{name} {flag}"
        settable = fact.get("required") or fact.get("optional")
        # The flag means something where an argument can be set and changed.
        if managed and settable and fact.get("force_new") in (True, False) and "write_only" not in row["flags"]:
            if ("force_new" in row["flags"]) != fact["force_new"]:
                yield f"{where}.{name} force_new"
        if managed and settable and fact.get("default_from") == "source" and row["default"] != fact["default"]:
            yield f"{where}.{name} default: {row['default']}, official {fact['default']}"
    for name, block in blocks.items():
        fact = facts["blocks"].get(name)
        if not fact:
            continue
        if block["nesting"] != fact["nesting"]:
            yield f"{where}.{name} nesting"
        if fact["max"] and block["max"] != fact["max"]:
            yield f"{where}.{name} max"
        if block["min"] != fact["min"]:
            yield f"{where}.{name} min"
        yield from differences(block["block"], fact, f"{where}.{name}", managed)


@unittest.skipUnless(FACTS.is_dir(), f"skipped {sum(len(TABLES[k]) for k in ('resource', 'data', 'ephemeral'))} types: no interface facts at hand")
class Schemas(unittest.TestCase):
    def compare(self, kind):
        prefix = "" if kind == "resource" else kind + "."
        for type_, table in TABLES[kind].items():
            path = FACTS / f"{prefix}{type_}.json"
            with self.subTest(type_):
                facts = json.loads(path.read_text())
                found = [d for d in differences(table["body"], facts, type_, kind == "resource")
                         if d.split(":")[0] not in KNOWN]
                self.assertEqual(found, [])
                timeouts = sorted(table["body"].get("timeouts", {}).get("block", {}))
                self.assertEqual(timeouts, sorted(facts["timeouts"]), "timeouts")
                if "schema_version" in facts:
                    self.assertEqual(table["version"], facts["schema_version"])
                self.assertEqual(bool(facts.get("framework")), type_ in TABLES["framework"], "framework-born")

    def test_provider(self):
        facts = json.loads((FACTS / "provider.aws.json").read_text())
        table = TABLES["provider"]
        # Endpoints of services that nothing here calls are left out: Terraform refuses them by name.
        endpoints = set(table["endpoints"]["block"])
        self.assertLessEqual(endpoints, set(facts["blocks"]["endpoints"]["attributes"]))
        facts["blocks"]["endpoints"]["attributes"] = {k: v for k, v in facts["blocks"]["endpoints"]["attributes"].items() if k in endpoints}
        found = list(differences(table, facts, "provider", False))
        # The published facts were told from bindings, which know no sets in nested blocks.
        self.assertEqual([d for d in found if not d.endswith("type: ['set', 'string'], official ['list', 'string']")], [])

    def test_resources(self):
        self.compare("resource")

    def test_data_sources(self):
        self.compare("data")

    def test_ephemerals(self):
        self.compare("ephemeral")


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=1).result
    wrong = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - wrong - len(outcome.skipped)} passed, {wrong} failed, {len(outcome.skipped)} skipped")
    raise SystemExit(not outcome.wasSuccessful())
