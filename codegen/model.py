"""The one intermediate form of all models: pruned API models (JSON) and our own *.model files (rows and host verbs)."""

import dataclasses
import json
import pathlib
import re

SCALARS = {
    "string": ("kString", "Str"),
    "blob": ("kBlob", "Str"),
    "boolean": ("kBoolean", "bool"),
    "integer": ("kInteger", "std::int32_t"),
    "long": ("kLong", "std::int64_t"),
    "float": ("kDouble", "double"),
    "double": ("kDouble", "double"),
    "timestamp": ("kTimestamp", "std::int64_t"),
}
CPP_KEYWORDS = {"default", "operator", "return", "delete", "new", "class", "public", "private", "protected", "namespace", "template", "register", "export",
                "int", "long", "short", "double", "float", "bool", "char", "auto", "const", "static", "volatile", "union", "enum", "struct", "for", "if",
                "else", "do", "while", "switch", "case", "break", "continue", "goto", "try", "catch", "throw", "this", "true", "false", "using", "virtual"}


def snake(name: str) -> str:
    """CamelCase of the models to our member names: DBInstanceArn -> db_instance_arn, iSCSI -> i_scsi, EC2Id -> ec2_id."""
    out = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    out = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", out)
    out = re.sub(r"[^A-Za-z0-9_]", "_", out).lower()
    return out + "_" if out in CPP_KEYWORDS else out


@dataclasses.dataclass
class Member:
    name: str            # in the model, and the JSON key
    shape: str
    wire: str            # in XML and in REST: locationName, else name
    query: str           # in query strings
    required: bool = False
    location: str = ""   # "", header, headers, querystring, uri, statusCode
    payload: bool = False
    flattened: bool = False
    attribute: bool = False      # XML attribute
    time: str = ""               # timestampFormat on the member
    token: bool = False          # idempotencyToken
    number: int = 0              # field number in rows

    @property
    def field(self):
        return snake(self.name)


@dataclasses.dataclass
class Shape:
    name: str
    type: str
    members: list = dataclasses.field(default_factory=list)
    element: str = ""            # list item, map value
    item: str = ""               # XML name of a list item
    key_name: str = "key"        # XML names of a map's parts
    value_name: str = "value"
    flattened: bool = False
    time: str = ""
    minimum: float | None = None
    maximum: float | None = None
    enum: list = dataclasses.field(default_factory=list)
    sensitive: bool = False
    union: bool = False
    xmlns: str = ""
    document: bool = False


@dataclasses.dataclass
class Operation:
    name: str
    input: str
    output: str
    method: str = "POST"
    uri: str = "/"
    status: int = 200
    wrapper: str = ""


@dataclasses.dataclass
class ErrorShape:
    name: str
    code: str
    status: int
    sender: bool


@dataclasses.dataclass
class Model:
    name: str
    shapes: dict
    operations: list = dataclasses.field(default_factory=list)
    errors: list = dataclasses.field(default_factory=list)
    unserved: list = dataclasses.field(default_factory=list)
    metadata: dict = dataclasses.field(default_factory=dict)
    interfaces: list = dataclasses.field(default_factory=list)   # (name, [(verb, request, response)])


def load_api(path: pathlib.Path) -> Model:
    return api_model(json.loads(path.read_text()), path.stem)


def api_model(raw: dict, model_name: str) -> Model:
    meta = raw["metadata"]
    is_ec2 = meta["protocol"] == "ec2"
    shapes = {}
    payloads = {name: s.get("payload") for name, s in raw["shapes"].items()}
    for name, s in raw["shapes"].items():
        out = Shape(name, s["type"], minimum=s.get("min"), maximum=s.get("max"), enum=s.get("enum", []), sensitive=s.get("sensitive", False),
                    time=s.get("timestampFormat", ""), flattened=s.get("flattened", False), union=s.get("union", False), document=s.get("document", False),
                    xmlns=s.get("xmlNamespace", {}).get("uri", "") if isinstance(s.get("xmlNamespace"), dict) else "")
        required = set(s.get("required", []))
        for member, m in s.get("members", {}).items():
            wire = m.get("locationName", "" if m.get("location") == "headers" else member)  # of headers it is the prefix: none is all
            query = m.get("queryName") or (wire[0].upper() + wire[1:] if is_ec2 else wire)
            target = raw["shapes"][m["shape"]]
            # A flattened list is named after its items in query strings.
            flat = m.get("flattened", False) or target.get("flattened", False)
            if flat and target["type"] == "list" and not is_ec2 and "locationName" in target["member"] and "locationName" not in m:
                wire = query = target["member"]["locationName"]
            out.members.append(Member(member, m["shape"], wire, query, member in required, m.get("location", ""), payloads[name] == member, flat,
                                      m.get("xmlAttribute", False), m.get("timestampFormat", ""), m.get("idempotencyToken", False)))
        if s["type"] == "list":
            out.element = s["member"]["shape"]
            out.item = s["member"].get("locationName", "member")
        if s["type"] == "map":
            out.element = s["value"]["shape"]
            out.key_name = s["key"].get("locationName", "key")
            out.value_name = s["value"].get("locationName", "value")
        shapes[name] = out
    operations = [Operation(name, o.get("input", {}).get("shape", ""), o.get("output", {}).get("shape", ""), o["http"]["method"], o["http"]["requestUri"],
                            o["http"].get("responseCode", 200), o.get("output", {}).get("resultWrapper", "")) for name, o in raw["operations"].items()]
    errors = []
    for name, s in raw["shapes"].items():
        if s.get("exception") or "error" in s:
            e = s.get("error", {})
            errors.append(ErrorShape(name, e.get("code", name), e.get("httpStatusCode", 500 if s.get("fault") else 400), e.get("senderFault", not s.get("fault", False))))
    return Model(model_name, shapes, operations, errors, raw.get("unserved", []), meta)


# Our own language, in one page:
#   struct Name {            # a message or a persisted row
#     1 arn string           # number, name, type; numbers are persisted and never reused
#     2 tags list<Tag>       # string blob bool int long double time, list<T>, map<T>, a struct; "!" after the type: required
#   }
#   interface NetworkHost {  # a port: verbs from request to response
#     EnsureVpc(EnsureVpcRequest) -> EnsureVpcResponse
#   }
DSL_SCALARS = {"string": "string", "blob": "blob", "bool": "boolean", "int": "integer", "long": "long", "double": "double", "time": "timestamp"}


def load_dsl(path: pathlib.Path, name: str) -> Model:
    model = Model(name, {})

    def shape_of(text: str) -> str:
        if text in DSL_SCALARS:
            shape = text.capitalize() + "Value"
            model.shapes.setdefault(shape, Shape(shape, DSL_SCALARS[text]))
            return shape
        wrapped = re.fullmatch(r"(list|map)<(.+)>", text)
        if wrapped:
            element = shape_of(wrapped[2])
            shape = ("ListOf" if wrapped[1] == "list" else "MapOf") + element
            model.shapes.setdefault(shape, Shape(shape, wrapped[1], element=element, item="member"))
            return shape
        return text

    block, current = "", None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        where = f"{path}:{number}"
        if not line:
            continue
        if block == "" and (m := re.fullmatch(r"(struct|interface) (\w+) \{", line)):
            block = m[1]
            if block == "struct":
                if m[2] in model.shapes:
                    raise SystemExit(f"{where}: struct {m[2]} twice")
                current = model.shapes[m[2]] = Shape(m[2], "structure")
            else:
                current = (m[2], [])
                model.interfaces.append(current)
        elif block == "" and (m := re.fullmatch(r"struct (\w+) \{\}", line)):
            model.shapes[m[1]] = Shape(m[1], "structure")
        elif line == "}":
            block = ""
        elif block == "struct" and (m := re.fullmatch(r"(\d+) (\w+) ([\w<>]+)(!?)", line)):
            if any(x.number == int(m[1]) or x.name == m[2] for x in current.members):
                raise SystemExit(f"{where}: number or name used twice")
            current.members.append(Member(m[2], shape_of(m[3]), m[2], m[2], m[4] == "!", number=int(m[1])))
        elif block == "interface" and (m := re.fullmatch(r"(\w+)\((\w+)\) -> (\w+)", line)):
            current[1].append((m[1], m[2], m[3]))
        else:
            raise SystemExit(f"{where}: not understood: {line}")
    for shape in list(model.shapes.values()):
        for target in [m.shape for m in shape.members] + ([shape.element] if shape.element else []):
            if target not in model.shapes:
                raise SystemExit(f"{path}: {shape.name} names {target}, which is no struct")
    return model
