#!/usr/bin/env python3
"""Emits arena structs and data-only descriptor tables from one model.

    generate.py api  NAME models/NAME.json OUT_DIR      -> OUT_DIR/NAME/{types.h,tables.cc}
    generate.py rows NAME FILE.model      OUT_DIR       -> the same; with `interface` blocks also ports.h and ports.cc
    generate.py suites NAME SUITES.json   OUT_DIR       -> OUT_DIR/NAME/tables.cc: the many small models of tests/vectors and a table of their services

The walkers of src/codec read the tables; no function is generated per type."""

import json
import pathlib
import sys

from model import Model, SCALARS, Shape, api_model, load_api, load_dsl

NONE = "codec::kNoShape"


class Pool:
    """All names of a model in one string; tables hold offsets, so that they need no relocation."""

    def __init__(self):
        self.text, self.at = "", {}

    def ref(self, s: str) -> str:
        if s not in self.at:
            found = self.text.find(s)
            if found < 0:
                found = len(self.text)
                self.text += s
            self.at[s] = found
        return f"{{{self.at[s]},{len(s)}}}"


def c_type(shapes, name: str) -> str:
    """The type of an item of a list or map."""
    s = shapes[name]
    if s.type in SCALARS:
        return SCALARS[s.type][1]
    if s.type == "list":
        return f"List<{c_type(shapes, s.element)}>"
    if s.type == "map":
        return f"Map<{c_type(shapes, s.element)}>"
    return s.name


def member_type(shapes, name: str) -> str:
    s = shapes[name]
    if s.type in ("string", "blob", "list", "map"):
        return c_type(shapes, name)
    if s.type in SCALARS:
        return f"std::optional<{SCALARS[s.type][1]}>"
    return f"{s.name}*"


def structures(model: Model):
    return [s for s in model.shapes.values() if s.type == "structure"]


def emit_types(model: Model) -> str:
    ns = f"terrarium::gen::{model.name}"
    out = ["// Made by codegen/generate.py; not to be edited.", "#pragma once", "", "#include <cstdint>", "#include <optional>", "",
           '#include "base/arena.h"', '#include "codec/descriptor.h"', "", f"namespace {ns} {{", ""]
    for s in structures(model):
        out.append(f"struct {s.name};")
    out.append("")
    for s in structures(model):
        out.append(f"struct {s.name} {{")
        out += [f"  {member_type(model.shapes, m.shape)} {m.field}{{}};" for m in s.members]
        out += ["};", ""]
    out += ["extern const codec::Tables kTables;"]
    for s in structures(model):
        out.append(f"inline constexpr std::uint16_t k{s.name}Shape = {list(model.shapes).index(s.name)};")
    for s in structures(model):
        out.append(f"inline codec::Type TypeOf(const {s.name}*) {{ return {{&kTables, k{s.name}Shape}}; }}")
    if model.operations:
        out += ["", "extern const codec::Service kService;", "namespace ops {"]
        for index, o in enumerate(model.operations):
            request = f"::{ns}::{o.input}" if o.input else "codec::Empty"
            response = f"::{ns}::{o.output}" if o.output else "codec::Empty"
            out.append(f'struct {o.name} {{ using Request = {request}; using Response = {response}; static constexpr std::uint16_t kIndex = {index}; '
                       f'static constexpr std::string_view kName = "{o.name}"; static const codec::Service& service() {{ return kService; }} }};')
        out.append("}  // namespace ops")
    out += ["", f"}}  // namespace {ns}", ""]
    return "\n".join(out)


def number(value, default) -> str:
    if value is None:
        return str(default)
    return str(max(-(2**62), min(2**62, int(value))))


def emit_tables(model: Model) -> str:
    ns = f"terrarium::gen::{model.name}"
    pool = Pool()
    shape_index = {name: i for i, name in enumerate(model.shapes)}
    members, enums, shapes, struct_fields = [], [], [], 0
    for s in model.shapes.values():
        kind = SCALARS[s.type][0] if s.type in SCALARS else {"list": "kList", "map": "kMap", "structure": "kStructure"}[s.type]
        flags = []
        if s.flattened: flags.append("codec::kFlattened")
        if s.sensitive: flags.append("codec::kSensitive")
        if s.union: flags.append("codec::kUnion")
        first, count, element, size, item = 0, 0, NONE, 0, ""
        if s.type == "structure":
            first, count = len(members), len(s.members)
            size = f"sizeof({s.name})"
            for m in s.members:
                mflags = []
                if m.required: mflags.append("codec::kRequired")
                if m.flattened: mflags.append("codec::kFlattened")
                if m.payload: mflags.append("codec::kPayload")
                if m.attribute: mflags.append("codec::kAttribute")
                if m.token: mflags.append("codec::kIdempotencyToken")
                location = {"": "kBody", "header": "kHeader", "headers": "kHeaders", "querystring": "kQueryString", "uri": "kUri", "statusCode": "kStatusCode"}[m.location]
                time = {"": "kDefault", "iso8601": "kIso8601", "unixTimestamp": "kUnix", "rfc822": "kHttpDate"}[m.time or model.shapes[m.shape].time]
                members.append(f"  {{{pool.ref(m.name)},{pool.ref(m.wire)},{pool.ref(m.query)},{shape_index[m.shape]},offsetof({s.name}, {m.field}),"
                               f"{m.number},{'|'.join(mflags) or 0},codec::Location::{location},codec::TimeFormat::{time}}},  // {s.name}.{m.name}")
        elif s.type in ("list", "map"):
            element = shape_index[s.element]
            item_type = c_type(model.shapes, s.element)
            size = f"sizeof({item_type})" if s.type == "list" else f"sizeof(Entry<{item_type}>)"
            item = s.item if s.type == "list" else s.key_name
        if s.enum:
            first, count = len(enums), len(s.enum)
            enums += [f"  {pool.ref(e)}," for e in s.enum]
        shapes.append(f"  {{codec::Kind::{kind},{'|'.join(flags) or 0},{element},{count},{first},{size},{pool.ref(s.name)},{pool.ref(item)},"
                      f"{pool.ref(s.value_name if s.type == 'map' else '')},{number(s.minimum, 'codec::kNoMinimum')},{number(s.maximum, 'codec::kNoMaximum')}}},  // {shape_index[s.name]}")
    body = []
    if model.operations:
        meta = model.metadata
        protocol = {"query": "kAwsQuery", "ec2": "kEc2Query", "json": "kAwsJson", "rest-json": "kRestJson", "rest-xml": "kRestXml"}[meta["protocol"]]
        body.append("constexpr codec::Operation kOperations[] = {")
        for o in model.operations:
            body.append(f"  {{{pool.ref(o.name)},{shape_index[o.input] if o.input else NONE},{shape_index[o.output] if o.output else NONE},"
                        f"{pool.ref(o.method)},{pool.ref(o.uri)},{pool.ref(o.wrapper)},{o.status}}},")
        body.append("};")
        body.append("constexpr codec::ErrorShape kErrors[] = {")
        body += [f"  {{{pool.ref(e.name)},{pool.ref(e.code)},{e.status},{'true' if e.sender else 'false'}}}," for e in model.errors] or ["  {{0,0},{0,0},0,false},"]
        body.append("};")
        body.append("constexpr codec::Text kUnserved[] = {")
        body += [f"  {pool.ref(u)}," for u in model.unserved] or ["  {0,0},"]
        body.append("};")
        service = ["const codec::Service kService = {", "  &kTables,", f'  "{model.name}",']
        service += [f'  "{meta.get("signingName", meta["endpointPrefix"])}",', f'  "{meta["apiVersion"]}",', f'  "{meta.get("targetPrefix", "")}",',
                    f'  "{meta.get("jsonVersion", "")}",', f'  "{meta.get("xmlNamespace", "")}",', f'  "{meta.get("serviceId", "")}",', f"  codec::Protocol::{protocol},",
                    f"  kOperations, {len(model.operations)},", f"  kErrors, {len(model.errors)},", f"  kUnserved, {len(model.unserved)},", "};"]
    out = ["// Made by codegen/generate.py; not to be edited.", f'#include "gen/{model.name}/types.h"', "", "#include <cstddef>", "",
           '#pragma GCC diagnostic ignored "-Winvalid-offsetof"', "", f"namespace {ns} {{", "namespace {", ""]
    pool_at = len(out)
    if enums:
        out += ["constexpr codec::Text kEnums[] = {", *enums, "};"]
    if members:
        out += ["constexpr codec::Member kMembers[] = {", *members, "};"]
    out += ["constexpr codec::Shape kShapes[] = {", *(shapes or ["  {},"]), "};", *body, "", "}  // namespace", ""]
    out += [f"const codec::Tables kTables = {{kShapes, {'kMembers' if members else 'nullptr'}, {'kEnums' if enums else 'nullptr'}, kPool, {len(shapes)}}};"]
    if model.operations:
        out += service
    chunks = [pool.text[i:i + 120] for i in range(0, len(pool.text), 120)] or [""]
    out[pool_at:pool_at] = ["constexpr char kPool[] =", *[f'  "{c}"' for c in chunks]]
    out[pool_at + len(chunks)] += ";"
    out += ["", f"}}  // namespace {ns}", ""]
    return "\n".join(out)


def emit_ports(model: Model):
    """A port is an abstract class; its stub speaks to terrarium-host and its dispatcher serves there. Both only look up the verb."""
    gen = f"gen::{model.name}"
    head = ["// Made by codegen/generate.py; not to be edited.", "#pragma once", "", '#include "base/result.h"', f'#include "gen/{model.name}/types.h"', '#include "host/verb.h"', "",
            "namespace terrarium::host {", ""]
    code = ["// Made by codegen/generate.py; not to be edited.", f'#include "gen/{model.name}/ports.h"', "", "namespace terrarium::host {", ""]
    for name, verbs in model.interfaces:
        head += [f"class {name} {{", " public:", f"  virtual ~{name}() = default;"]
        head += [f"  virtual Result<{gen}::{response}*> {verb}(const {gen}::{request}& request, Arena& arena) = 0;" for verb, request, response in verbs]
        head += ["};", "", f"// {name} spoken over the socket of terrarium-host.", f"class {name}Stub final : public {name} {{", " public:",
                 f"  explicit {name}Stub(VerbChannel& channel) : channel_(channel) {{}}"]
        head += [f"  Result<{gen}::{response}*> {verb}(const {gen}::{request}& request, Arena& arena) override;" for verb, request, response in verbs]
        head += ["", " private:", "  VerbChannel& channel_;", "};", "", f"// What terrarium-host serves {name} with.", f"void Serve{name}(VerbTable& table, {name}& port);", ""]
        for verb, request, response in verbs:
            code += [f"Result<{gen}::{response}*> {name}Stub::{verb}(const {gen}::{request}& request, Arena& arena) {{",
                     f'  return CallVerb<{gen}::{response}>(channel_, "{name}.{verb}", request, arena);', "}"]
        code += [f"void Serve{name}(VerbTable& table, {name}& port) {{"]
        for verb, request, response in verbs:
            code += [f'  AddVerb<{gen}::{request}, {gen}::{response}>(table, "{name}.{verb}", [&port](const {gen}::{request}& request, Arena& arena) {{ return port.{verb}(request, arena); }});']
        code += ["}", ""]
    head += ["}  // namespace terrarium::host", ""]
    code += ["}  // namespace terrarium::host", ""]
    return "\n".join(head), "\n".join(code)


def emit_suites(name: str, suites: list) -> str:
    """Nothing but the services is seen from outside: their messages are read and written through the tables."""
    lines = []
    for suite in suites:
        model = api_model(suite, suite["name"])
        lines += [line for line in (emit_types(model) + emit_tables(model)).splitlines() if not line.startswith("#")]
    head = ["#include <cstddef>", "#include <cstdint>", "#include <optional>", '#include "base/arena.h"', '#include "codec/descriptor.h"', '#pragma GCC diagnostic ignored "-Winvalid-offsetof"']
    entries = [f"  &terrarium::gen::{suite['name']}::kService," for suite in suites]
    tail = [f"namespace terrarium::gen {{", f"extern const codec::Service* const k_{name}[];", f"const codec::Service* const k_{name}[] = {{", *entries, "  nullptr,", "};", "}  // namespace terrarium::gen", ""]
    return "\n".join(head + lines + tail)


def write(path: pathlib.Path, text: str):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    kind, name, source, out_dir = sys.argv[1:5]
    if kind == "suites":
        folder = pathlib.Path(out_dir) / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "tables.cc", emit_suites(name, json.loads(pathlib.Path(source).read_text())))
        return
    model = load_api(pathlib.Path(source)) if kind == "api" else load_dsl(pathlib.Path(source), name)
    folder = pathlib.Path(out_dir) / name
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "types.h", emit_types(model))
    write(folder / "tables.cc", emit_tables(model))
    if model.interfaces:
        head, code = emit_ports(model)
        write(folder / "ports.h", head)
        write(folder / "ports.cc", code)


main()
