#!/usr/bin/env python3
"""Brings the public protocol suites into this folder, in one compact form.

    tests/vectors/import.py DATA_DIR

DATA_DIR holds `botocore-protocol-tests` and `smithy-protocol-tests`. Each output file is a list of suites: a model as botocore writes one
(metadata, operations, shapes), which codegen/generate.py turns into tables, and the cases that use it. See README.md for origin and licence."""

import json
import pathlib
import sys

from smithy import SmithyModel

HERE = pathlib.Path(__file__).resolve().parent
FILES = {
    "aws_query": ["query"],
    "ec2_query": ["ec2"],
    "aws_json": ["json", "json_1_0", "json_1_0-query-compatible"],
    "rest_json": ["rest-json"],
}
SMITHY = {"aws_query": ["awsQuery"], "ec2_query": ["ec2Query"], "aws_json": ["awsJson1_1", "awsJson1_0"], "rest_json": ["restJson1"]}
DROPPED = {"documentation", "documentationUrl", "description", "auth", "uid"}


def strip(node):
    if isinstance(node, dict):
        return {k: strip(v) for k, v in node.items() if k not in DROPPED or isinstance(v, dict) and "shape" in v}
    return [strip(v) for v in node] if isinstance(node, list) else node


def model_shapes(shapes):
    """Two habits of old models: "character" is a one-letter string, and a shape may say where its members are bound to."""
    out = strip(shapes)
    for shape in out.values():
        shape["type"] = "string" if shape["type"] == "character" else shape["type"]
        for member in shape.get("members", {}).values():
            target = out[member["shape"]]
            member.update({k: target[k] for k in ("location", "locationName") if "location" in target and k in target and k not in member})
    return out


def metadata(given, protocol):
    out = {"endpointPrefix": "vectors", "apiVersion": "", **given}
    out.pop("protocols", None)
    # The namespace of Smithy's services; botocore's files do not repeat it. Ours of ec2 lack the slash that EC2 writes.
    if protocol in ("aws_query", "ec2_query"):
        out["xmlNamespace"] = "https://example.com/" if protocol == "aws_query" else "https://example.com"
    return out


def of_botocore(folder, protocol, sides):
    """Sides: which cases Smithy, where these come from, has for one side only. The old hand-written ones are a client's."""
    for part in ("input", "output", "legacy/input", "legacy/output"):
        for stem in FILES[protocol]:
            path = folder / part / f"{stem}.json"
            if not path.exists():
                continue
            for number, suite in enumerate(json.loads(path.read_text())):
                variants = {}  # a few old suites vary their one operation from case to case: a model for each
                for index, case in enumerate(suite["cases"]):
                    given = strip(case.pop("given"))
                    given.setdefault("name", "OperationName")
                    given.setdefault("http", {}).setdefault("method", "POST")
                    given["http"].setdefault("requestUri", "/")
                    if protocol == "aws_query" and "output" in given and "resultWrapper" not in given["output"]:
                        # Every real model of this protocol says it; botocore's files of Smithy's cases leave it out, and one has it at the shape.
                        wrapper = suite["shapes"][given["output"]["shape"]].get("resultWrapper") or "" if part.startswith("legacy") else given["name"] + "Result"
                        given["output"] = {**given["output"], "resultWrapper": wrapper}
                    case.pop("description", None)
                    case["id"] = case.get("id") or f"legacy.{part[7:]}.{stem}.{number}.{index}"
                    case["operation"] = given["name"]
                    if payload := given.get("input", {}).pop("payload", None):  # where some old suites say it
                        suite["shapes"][given["input"]["shape"]]["payload"] = payload
                    case["side"] = sides.get((protocol, case["id"]), "client" if part.startswith("legacy/output") else "both")
                    for operations, cases in variants.setdefault(given["name"], []):
                        if operations == {given["name"]: given}:
                            cases.append(case)
                            break
                    else:
                        variants[given["name"]].append(({given["name"]: given}, [case]))
                for operations, cases in (v for of_name in variants.values() for v in of_name):
                    yield {"source": f"botocore {part}/{stem}.json: {suite['description']}", "metadata": metadata(suite["metadata"], protocol), "operations": operations,
                           "shapes": model_shapes(suite["shapes"]), "cases": cases}


def main():
    data = pathlib.Path(sys.argv[1])
    smithy = SmithyModel(data / "smithy-protocol-tests" / "protocol-tests.json")
    sides = {(protocol, case): side for protocol, names in SMITHY.items() for name in names for case, side in smithy.sides(name)}
    for protocol in FILES:
        suites = list(of_botocore(data / "botocore-protocol-tests", protocol, sides))
        known = {case["id"] for suite in suites for case in suite["cases"]}
        for name in SMITHY[protocol]:
            suites += smithy.suites(name, protocol, known, metadata)
        for number, suite in enumerate(suites):
            suite["name"] = f"{protocol}_{number}"
        path = HERE / f"{protocol}.json"
        path.write_text("[\n" + ",\n".join(json.dumps(suite, separators=(",", ":"), ensure_ascii=True) for suite in suites) + "\n]\n")
        print(f"{path.name}: {len(suites)} suites, {sum(len(s['cases']) for s in suites)} cases, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
