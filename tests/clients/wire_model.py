"""Judges the bytes of an answer by the API model: codegen/models/<service>.json, which holds the shapes that AWS publishes.

What a client's parser lets pass is found here: members that no model knows, wrong types, values outside an enum, members twice or
missing, timestamps that are none, ARNs of another account. Each finding is one line of text."""

import base64
import binascii
import json
import pathlib
import re
import xml.etree.ElementTree

MODELS = pathlib.Path(__file__).resolve().parents[2] / "codegen" / "models"
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
ARN = re.compile(r"arn:aws:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws|):(.+)", re.S)
WITHOUT_REGION = {"iam", "sts"}
# What belongs to AWS or to a region, not to an account.
OF_NO_ACCOUNT = re.compile(r"arn:aws:(iam::aws:policy/|rds:[a-z0-9-]+::cert:)")
# Where the service itself answers what its model does not list.
BEYOND_THE_ENUM = {("DescribeInternetGateways", "available"), ("DescribeNetworkInterfaces", "efs")}
YEAR_2000, YEAR_2100 = 946684800, 4102444800
# Errors that any operation of a service may answer and that the models do not list.
COMMON_ERRORS = {"NotImplemented", "AccessDenied", "AccessDeniedException", "ValidationError", "ValidationException", "InvalidParameterValue", "InvalidParameterCombination"}


class WireModel:
    def __init__(self, service, account, region):
        self.model = json.loads((MODELS / f"{service}.json").read_text())
        self.shapes, self.metadata = self.model["shapes"], self.model["metadata"]
        self.account, self.region, self.operation = account, region, None

    def reads(self):
        """The operations that change nothing."""
        return [o for o in self.model["operations"] if re.match("Describe|List|Get|BatchGet|BatchCheck|Simulate|Filter|Validate", o)]

    def complaints(self, operation, status, content_type, body):
        """What is wrong with an answer; empty if nothing is. `body` is bytes."""
        found, self.operation = [], operation
        say = lambda path, text: found.append(f"{operation} {path}: {text}")  # noqa: E731
        is_json = self.metadata["protocol"] == "json"
        wanted = f"application/x-amz-json-{self.metadata['jsonVersion']}" if is_json else "text/xml"
        if content_type.split(";")[0] != wanted:
            say("Content-Type", f"{content_type}, not {wanted}")
        try:
            tree = json.loads(body) if is_json else xml.etree.ElementTree.fromstring(body)
        except (ValueError, xml.etree.ElementTree.ParseError) as error:
            say("body", f"cannot be parsed: {error}")
            return found
        if status >= 300:
            self._error(operation, tree, is_json, say)
        elif is_json:
            output = self.model["operations"][operation].get("output")
            self._json(tree, output["shape"] if output else None, "", say)
        else:
            self._answer(operation, tree, say)
        return found

    # ---- JSON

    def _json(self, value, shape_name, path, say):
        if shape_name is None:
            return say(path, "the operation has no output") if value else None
        shape = self.shapes[shape_name]
        kind = shape["type"]
        types = {"structure": dict, "map": dict, "list": list, "string": str, "blob": str, "boolean": bool, "integer": int, "long": int, "float": (int, float), "double": (int, float), "timestamp": (int, float)}
        if not isinstance(value, types[kind]) or isinstance(value, bool) and kind != "boolean":
            return say(path, f"{value!r} is no {kind}")
        if kind == "structure":
            for name in value.keys() - shape["members"].keys():
                say(path, f"{shape_name} has no member {name}")
            for name in shape.get("required", ()):
                if value.get(name) is None:
                    say(path, f"{shape_name} lacks {name}, which is required")
            for name, member in shape["members"].items():
                if value.get(name) is not None:
                    self._json(value[name], member["shape"], f"{path}.{name}", say)
                elif name in value:
                    say(f"{path}.{name}", "null")
        elif kind == "list":
            for index, item in enumerate(value):
                self._json(item, shape["member"]["shape"], f"{path}[{index}]", say)
        elif kind == "map":
            for key, item in value.items():
                self._json(key, shape["key"]["shape"], f"{path} key", say)
                self._json(item, shape["value"]["shape"], f"{path}[{key}]", say)
        elif kind == "timestamp":
            if not YEAR_2000 < value < YEAR_2100:
                say(path, f"{value} is no time in seconds since 1970")
        else:
            self._scalar(value, shape, path, say)

    # ---- XML: query and ec2

    def _answer(self, operation, root, say):
        # EC2's answers end theirs with a slash, other than its model.
        namespace = self.metadata["xmlNamespace"] + ("/" if self.metadata["protocol"] == "ec2" else "")
        if root.tag != f"{{{namespace}}}{operation}Response":
            return say("root", f"{root.tag}, not {operation}Response of {namespace}")
        output = self.model["operations"][operation].get("output", {})
        members = dict(self.shapes[output["shape"]]["members"]) if output else {}
        children = self._children(root, "root", say)
        if self.metadata["protocol"] == "ec2":
            request_id = children.pop("requestId", None)
            holder = children
        else:
            meta = children.pop("ResponseMetadata", None)
            request_id = None if meta is None else self._children(meta[0], "ResponseMetadata", say).get("RequestId")
            wrapper = children.pop(output["resultWrapper"], None) if "resultWrapper" in output else None
            if "resultWrapper" in output and wrapper is None:
                say("root", f"has no {output['resultWrapper']}")
            if children:
                say("root", f"unknown {sorted(children)}")
            holder = self._children(wrapper[0], "result", say) if wrapper else {}
        if not request_id or not request_id[0].text:
            say("root", "has no request id")
        if output:
            self._members(holder, output["shape"], members, "", say)

    @staticmethod
    def _children(element, path, say):
        """{name: elements}; the namespace is the root's."""
        out = {}
        if element.attrib:
            say(path, f"attributes {element.attrib}")
        if len(element) and (element.text or "").strip():
            say(path, "text between elements")
        for child in element:
            out.setdefault(child.tag.rsplit("}", 1)[-1], []).append(child)
        return out

    def _members(self, children, shape_name, members, path, say):
        for name, member in members.items():
            elements = children.pop(member.get("locationName", name), [])
            if len(elements) > 1 and not self.shapes[member["shape"]].get("flattened"):
                say(f"{path}.{name}", f"{len(elements)} times")
            for element in elements:
                self._xml(element, member["shape"], f"{path}.{name}", say)
            if not elements and name in self.shapes[shape_name].get("required", ()):
                say(path, f"{shape_name} lacks {name}, which is required")
        if children:
            say(path, f"{shape_name} has no member {', '.join(sorted(children))}")

    def _xml(self, element, shape_name, path, say):
        shape = self.shapes[shape_name]
        kind = shape["type"]
        if kind == "structure":
            return self._members(self._children(element, path, say), shape_name, shape["members"], path, say)
        children = self._children(element, path, say)
        if kind == "list":
            name = shape["member"].get("locationName", "item" if self.metadata["protocol"] == "ec2" else "member")
            for index, item in enumerate(children.pop(name, [])):
                self._xml(item, shape["member"]["shape"], f"{path}[{index}]", say)
        elif kind == "map":
            for entry in children.pop("entry", []):
                pair = self._children(entry, path, say)
                for part in ("key", "value"):
                    for item in pair.pop(shape[part].get("locationName", part), []):
                        self._xml(item, shape[part]["shape"], f"{path}.{part}", say)
                if pair:
                    say(path, f"unknown {sorted(pair)} in an entry")
        else:
            self._text(element.text or "", shape, path, say)
        if children:
            say(path, f"{shape_name} holds {', '.join(sorted(children))}")

    def _text(self, text, shape, path, say):
        kind = shape["type"]
        patterns = {"integer": r"-?\d+", "long": r"-?\d+", "boolean": "true|false", "float": r"-?\d+(\.\d+)?([eE][-+]?\d+)?", "double": r"-?\d+(\.\d+)?([eE][-+]?\d+)?", "timestamp": ISO_TIME.pattern}
        if kind in patterns:
            if not re.fullmatch(patterns[kind], text):
                say(path, f"{text!r} is no {kind}")
        else:
            self._scalar(text, shape, path, say)

    # ---- both

    def _scalar(self, value, shape, path, say):
        if shape["type"] == "blob":
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                say(path, "is no base64")
        if shape["type"] != "string":
            return
        if "enum" in shape and value not in shape["enum"] and (self.operation, value) not in BEYOND_THE_ENUM:
            say(path, f"{value!r} is none of {', '.join(shape['enum'][:6])}")
        # A policy's resource may be a pattern, and a document is not an ARN.
        named = re.search(r"(Arn|ARN)s?(\[\d+\])?$", path)
        if named or value.startswith("arn:"):
            self._arn(value, path, say)

    def _arn(self, value, path, say):
        match = ARN.fullmatch(value)
        if not match:
            return say(path, f"{value!r} is no ARN")
        service, region, account, _ = match.groups()
        if region != ("" if service in WITHOUT_REGION else self.region):
            say(path, f"{value} is of region {region!r}")
        if account != self.account and not OF_NO_ACCOUNT.match(value):
            say(path, f"{value} is of account {account!r}")

    def _error(self, operation, tree, is_json, say):
        if is_json:
            code, message = str(tree.get("__type", "")).rsplit("#", 1)[-1], tree.get("message", tree.get("Message"))
        else:
            namespaces = [element.tag.rsplit("}", 1)[-1] for element in tree.iter()]
            if namespaces[0] != ("Response" if self.metadata["protocol"] == "ec2" else "ErrorResponse"):
                say("root", f"an error in {namespaces[0]}")
            code, message = ("".join(e.text or "" for e in tree.iter() if e.tag.rsplit("}", 1)[-1] == name) for name in ("Code", "Message"))
        if not message:
            say("error", f"{code} says nothing")
        shapes = [e["shape"] for e in self.model["operations"][operation].get("errors", ())]
        known = {self.shapes[s].get("error", {}).get("code", s) for s in shapes} | COMMON_ERRORS
        if self.metadata["protocol"] != "ec2" and code not in known:
            say("error", f"{code!r} is none that the operation answers")
