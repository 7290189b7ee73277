#!/usr/bin/env python3
"""Refreshes codegen/models/*.json: the closure of codegen/operations/*.txt over the public API models.

    codegen/prune_models.py DATA_DIR [SERVICE ...]

DATA_DIR holds <service>/<version>/service-2.json as botocore has them. What is kept: shapes, traits and constraints of the
operations listed, and the names of all others. What is not: documentation, examples, endpoint rules. Prints what changed."""

import gzip
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DROPPED = {"documentation", "documentationUrl", "endpoint", "staticContextParams", "operationContextParams", "contextParam",
           "examples", "synthetic", "deprecatedMessage", "deprecatedSince", "uid", "auth", "unsignedPayload"}


def load(folder: pathlib.Path):
    plain = folder / "service-2.json"
    if plain.exists():
        return json.loads(plain.read_text())
    return json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))


def strip(node):
    if isinstance(node, dict):
        return {k: strip(v) for k, v in node.items() if k not in DROPPED}
    if isinstance(node, list):
        return [strip(v) for v in node]
    return node


def closure(model, operations):
    wanted, todo = {}, []
    for name in operations:
        operation = model["operations"][name]
        for part in ("input", "output"):
            if part in operation:
                todo.append(operation[part]["shape"])
        todo += [e["shape"] for e in operation.get("errors", [])]
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        shape = model["shapes"][name]
        # `members` may hold a member named "documentation": strip each member, not the map of them.
        kept = strip({k: v for k, v in shape.items() if k != "members"})
        if "members" in shape:
            kept["members"] = {m: strip(v) for m, v in shape["members"].items()}
        wanted[name] = kept
        todo += [m["shape"] for m in shape.get("members", {}).values()]
        todo += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
    return {name: wanted[name] for name in sorted(wanted)}


def prune(text_file: pathlib.Path, data: pathlib.Path):
    words = text_file.read_text().split()
    folder, operations = words[0], words[1:]
    model = load(data / folder)
    unknown = [o for o in operations if o not in model["operations"]]
    if unknown:
        sys.exit(f"{text_file.name}: no such operation: {', '.join(unknown)}")
    return {
        "metadata": strip(model["metadata"]),
        "operations": {name: strip(model["operations"][name]) for name in operations},
        "unserved": sorted(set(model["operations"]) - set(operations)),
        "shapes": closure(model, operations),
    }


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    data = pathlib.Path(sys.argv[1])
    for text_file in sorted((HERE / "operations").glob("*.txt")):
        if len(sys.argv) > 2 and text_file.stem not in sys.argv[2:]:
            continue
        out = HERE / "models" / f"{text_file.stem}.json"
        new = json.dumps(prune(text_file, data), indent=1, sort_keys=False) + "\n"
        old = out.read_text() if out.exists() else ""
        if new != old:
            out.write_text(new)
        print(f"{text_file.stem}: {'unchanged' if new == old else 'changed'}, {len(new) // 1024} KiB")


main()
