#!/usr/bin/env python3
"""Drafts the schema table of a resource type, for src/provider/resources/*.cc.

    provider_table.py SCHEMAS MODELS TYPE SERVICE REQUEST_SHAPE[,…] ANSWER_SHAPE

SCHEMAS holds interface facts of hashicorp/aws as <type>.json, MODELS the API models as <service>/<date>/service-2.json.
Members are proposed where a name matches but for case and underscores; what no request member takes is "refused".
A draft is a start: defaults that the text only suggests, names that differ and what needs a call of its own are by hand.
"""

import json
import pathlib
import sys


def plain(name):
    return name.replace("_", "").replace("-", "").lower()


def type_text(type_):
    if isinstance(type_, str):
        return type_
    kind, inner = type_
    if kind == "object":
        return "object{" + ",".join(f"{k}:{type_text(v)}" for k, v in inner.items()) + "}"
    return f"{kind}({type_text(inner)})"


class Draft:
    def __init__(self, models, service):
        path = sorted((models / service).glob("*/service-2.json*"))[-1]
        self.shapes = json.loads(path.read_text())["shapes"] if path.suffix == ".json" else {}

    def member(self, shapes, name):
        """(member name, its shape name) or nothing."""
        for shape in shapes:
            for member, target in self.shapes.get(shape, {}).get("members", {}).items():
                if plain(member) in (plain(name), plain(name) + "s"):
                    return member, self.element(target["shape"])
        return None

    def element(self, shape):
        while self.shapes.get(shape, {}).get("type") == "list":
            shape = self.shapes[shape]["member"]["shape"]
        return shape

    def rows(self, schema, requests, answers, indent):
        pad = "  " * indent
        names = schema["attributes"]
        width = max([len(n) for n in names] + [0]) + 1
        for name, a in sorted(names.items()):
            words = [w for w in ("required", "optional", "computed", "sensitive", "write_only") if a.get(w)]
            if a.get("force_new") is True:
                words.append("replaces")
            ask, answer = self.member(requests, name), self.member(answers, name)
            settable = a.get("required") or a.get("optional")
            special = name in ("id", "tags", "tags_all", "region")
            if settable and not ask and not special:
                words.append("refused")
            text = f"{pad}{name:<{width}}{type_text(a['type'])} {' '.join(words)}"
            if "default" in a:
                text += f" = {json.dumps(a['default'])}"
            if settable and ask and answer and ask[0] == answer[0]:
                text += f" <> {ask[0]}"
            else:
                if settable and ask:
                    text += f" > {ask[0]}"
                if answer:
                    text += f" < {answer[0]}"
            yield text
        for name, b in sorted(schema["blocks"].items()):
            words = [w for w in ("replaces",) if b.get("force_new") is True]
            words += [f"min={b['min']}"] if b.get("min") else []
            words += [f"max={b['max']}"] if b.get("max") else []
            ask, answer = self.member(requests, name), self.member(answers, name)
            if not ask:
                words.append("refused")
            head = f"{pad}block {name} {b['nesting']} {' '.join(words)}".rstrip()
            if ask and answer and ask[0] == answer[0]:
                head += f" <> {ask[0]}"
            elif ask or answer:
                head += f" > {ask[0]}" if ask else ""
                head += f" < {answer[0]}" if answer else ""
            yield head + " {"
            yield from self.rows(b, [ask[1]] if ask else [], [answer[1]] if answer else [], indent + 1)
            yield pad + "}"


def main():
    schemas, models, type_, service, requests, answer = sys.argv[1:]
    facts = json.loads((pathlib.Path(schemas) / f"{type_}.json").read_text())
    print(f"# {type_}: version {facts.get('schema_version')}, timeouts {facts['timeouts']}")
    print("\n".join(Draft(pathlib.Path(models), service).rows(facts, requests.split(","), answer.split(","), 0)))


main()
