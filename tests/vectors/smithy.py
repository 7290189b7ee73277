"""Smithy's protocol tests (the model as Smithy JSON) as suites of botocore's form: what botocore's files lack, most of all the requests that a server must refuse."""

import json
import pathlib

REQUEST, RESPONSE, MALFORMED = (f"smithy.test#http{kind}Tests" for kind in ("Request", "Response", "MalformedRequest"))
SCALARS = {"string": "string", "enum": "string", "blob": "blob", "boolean": "boolean", "byte": "integer", "short": "integer", "integer": "integer", "intEnum": "integer",
           "long": "long", "float": "float", "double": "double", "timestamp": "timestamp", "bigInteger": "long", "bigDecimal": "double"}
TIMES = {"date-time": "iso8601", "epoch-seconds": "unixTimestamp", "http-date": "rfc822"}
PROTOCOLS = {"awsQuery": "query", "ec2Query": "ec2", "awsJson1_0": "json", "awsJson1_1": "json", "restJson1": "rest-json"}


def short(name):
    return name.split("#")[1].split("$")[0]


class SmithyModel:
    def __init__(self, path: pathlib.Path):
        self.shapes = json.loads(path.read_text())["shapes"]

    def sides(self, protocol):
        """(case, side) of every case of the protocol."""
        for shape in self.shapes.values():
            for kind in (REQUEST, RESPONSE):
                for case in self.cases(shape, kind, protocol):
                    yield case["id"], case.get("appliesTo", "both")

    def cases(self, shape, kind, protocol):
        return [c for c in shape.get("traits", {}).get(kind, []) if c["protocol"].endswith("#" + protocol)]

    def suites(self, protocol, file, known, metadata):
        """A suite for each operation with cases that are not known yet."""
        for service_name, service in sorted(self.shapes.items()):
            if service["type"] != "service" or f"aws.protocols#{protocol}" not in service["traits"]:
                continue
            for target in service.get("operations", []):
                operation = self.shapes[target["target"]]
                cases = [c for c in self.of_operation(short(target["target"]), operation, protocol) if c["id"] not in known]
                if not cases:
                    continue
                model = Conversion(self.shapes, PROTOCOLS[protocol], short(target["target"]), operation)
                meta = {"apiVersion": service.get("version", ""), "protocol": PROTOCOLS[protocol]}
                if protocol.startswith("awsJson"):
                    meta |= {"jsonVersion": protocol[-3:].replace("_", "."), "targetPrefix": short(service_name)}
                yield {"source": f"smithy {target['target']}", "metadata": metadata(meta, file), "operations": {model.name: model.operation}, "shapes": model.out, "cases": cases}

    def of_operation(self, name, operation, protocol):
        for case in self.cases(operation, REQUEST, protocol):
            query = "&".join(case.get("queryParams", []))
            serialized = {k: case[k] for k in ("method", "headers", "body", "requireHeaders", "forbidHeaders") if k in case}
            serialized["uri"] = case["uri"] + ("?" + query if query else "")
            yield {"id": case["id"], "operation": name, "side": case.get("appliesTo", "both"), "params": case.get("params", {}), "serialized": serialized}
        for case in self.cases(operation, RESPONSE, protocol):
            yield {"id": case["id"], "operation": name, "side": case.get("appliesTo", "both"), "result": case.get("params", {}), "response": answer(case)}
        for error in operation.get("errors", []):
            for case in self.cases(self.shapes[error["target"]], RESPONSE, protocol):
                params = case.get("params", {})
                message = next((v for k, v in params.items() if k.lower() == "message"), None)
                code = self.shapes[error["target"]]["traits"].get("aws.protocols#awsQueryError", {}).get("code", short(error["target"]))
                yield {"id": case["id"], "operation": name, "side": case.get("appliesTo", "both"), "errorCode": code, "error": params, "response": answer(case),
                       **({} if message is None else {"errorMessage": message})}
        for case in self.cases(operation, MALFORMED, protocol):
            parameters = case.get("testParameters", {"": [""]})
            for index in range(len(next(iter(parameters.values())))):
                def put(node):
                    if isinstance(node, dict):
                        return {k: put(v) for k, v in node.items()}
                    if isinstance(node, list):
                        return [put(v) for v in node]
                    for key, values in parameters.items():
                        if key and isinstance(node, str):
                            node = node.replace(f"${key}:L", values[index]).replace(f"${key}:S", json.dumps(values[index]))
                    return node.replace("$$", "$") if isinstance(node, str) and parameters != {"": [""]} else node
                request, response = put(case["request"]), put(case["response"])
                query = "&".join(request.get("queryParams", []))
                yield {"id": f"{case['id']}.{index}", "operation": name, "side": "server",
                       "malformed": {"method": request["method"], "uri": request["uri"] + ("?" + query if query else ""), "headers": request.get("headers", {}),
                                     "body": request.get("body", "")},
                       "refusal": {"status_code": response["code"], "errorCode": response["headers"]["x-amzn-errortype"]}}


def answer(case):
    return {"status_code": case["code"], **{k: case[k] for k in ("headers", "body") if k in case}}


class Conversion:
    """The model of one operation."""

    def __init__(self, shapes, protocol, name, operation):
        self.shapes, self.protocol, self.name, self.out = shapes, protocol, name, {}
        http = operation.get("traits", {}).get("smithy.api#http", {}) if protocol == "rest-json" else {}
        self.operation = {"name": name, "http": {"method": http.get("method", "POST"), "requestUri": http.get("uri", "/"), "responseCode": http.get("code", 200)}}
        if "smithy.api#endpoint" in operation.get("traits", {}):
            self.operation["endpoint"] = {}
        for part in ("input", "output"):
            target = operation.get(part, {}).get("target", "smithy.api#Unit")
            if target != "smithy.api#Unit":
                self.operation[part] = {"shape": self.convert(target)}
        if protocol == "query" and "output" in self.operation:
            self.operation["output"]["resultWrapper"] = name + "Result"
        for error in operation.get("errors", []):
            self.convert(error["target"])

    def convert(self, target, traits=None):
        """The shape's name here. A member with limits of its own gets a shape of its own."""
        own = {k: v for k, v in (traits or {}).items() if k in ("smithy.api#length", "smithy.api#range")}
        plain = short(target).removeprefix("Primitive")  # smithy.api#Integer and the like
        shape = self.shapes.get(target) or ({"type": "structure"} if plain == "Unit" else {"type": plain[0].lower() + plain[1:]})
        kind = shape["type"]
        name = short(target) + "".join(f"{k.split('#')[1]}{v.get('min', '')}to{v.get('max', '')}".replace("-", "m").replace(".", "p") for k, v in own.items())
        if name in self.out:
            return name
        all_traits = {**shape.get("traits", {}), **own}
        limits = all_traits.get("smithy.api#length") or all_traits.get("smithy.api#range") or {}
        out = self.out[name] = {"type": SCALARS.get(kind, kind), **limits}
        if "smithy.api#timestampFormat" in all_traits:
            out["timestampFormat"] = TIMES[all_traits["smithy.api#timestampFormat"]]
        if "smithy.api#sensitive" in all_traits:
            out["sensitive"] = True
        if kind == "enum":
            out["enum"] = [m.get("traits", {}).get("smithy.api#enumValue", n) for n, m in shape["members"].items()]
        if "smithy.api#enum" in all_traits:
            out["enum"] = [e["value"] for e in all_traits["smithy.api#enum"]]
        if kind == "document":
            out |= {"type": "structure", "members": {}, "document": True}
        if kind in ("list", "set"):
            out["type"] = "list"
            out["member"] = self.member(shape["member"])
        if kind == "map":
            out |= {"key": self.member(shape["key"]), "value": self.member(shape["value"])}
        if kind in ("structure", "union"):
            out["type"] = "structure"
            out["union"] = kind == "union"
            out["members"] = {n: self.member(m, n) for n, m in shape.get("members", {}).items()}
            out["required"] = [n for n, m in shape.get("members", {}).items() if "smithy.api#required" in m.get("traits", {})]
            for n, m in shape.get("members", {}).items():
                if "smithy.api#httpPayload" in m.get("traits", {}):
                    out["payload"] = n
            if "smithy.api#error" in all_traits:
                out["exception"] = True
                status = all_traits.get("smithy.api#httpError", 400 if all_traits["smithy.api#error"] == "client" else 500)
                code = all_traits.get("aws.protocols#awsQueryError", {})
                out["error"] = {"httpStatusCode": code.get("httpResponseCode", status), "code": code.get("code", short(target)), "senderFault": status < 500}
        return name

    def member(self, member, name=""):
        traits = member.get("traits", {})
        out = {"shape": self.convert(member["target"], traits)}
        if "smithy.api#timestampFormat" in traits:
            out["timestampFormat"] = TIMES[traits["smithy.api#timestampFormat"]]
        if "smithy.api#idempotencyToken" in traits:
            out["idempotencyToken"] = True
        if self.protocol != "rest-json":
            if "smithy.api#xmlName" in traits and self.protocol in ("query", "ec2"):
                out["locationName"] = traits["smithy.api#xmlName"]
            if "aws.protocols#ec2QueryName" in traits and self.protocol == "ec2":
                out["queryName"] = traits["aws.protocols#ec2QueryName"]
            if "smithy.api#xmlFlattened" in traits:
                out["flattened"] = True
            return out
        if "smithy.api#jsonName" in traits:
            out["locationName"] = traits["smithy.api#jsonName"]
        if "smithy.api#mediaType" in self.shapes.get(member["target"], {}).get("traits", {}) and "smithy.api#httpHeader" in traits:
            out["jsonvalue"] = True
        for trait, location in (("httpHeader", "header"), ("httpQuery", "querystring"), ("httpPrefixHeaders", "headers")):
            if f"smithy.api#{trait}" in traits:
                out |= {"location": location, "locationName": traits[f"smithy.api#{trait}"]}
        for trait, location in (("httpLabel", "uri"), ("httpQueryParams", "querystring"), ("httpResponseCode", "statusCode")):
            if f"smithy.api#{trait}" in traits:
                out |= {"location": location, "locationName": name}
        return out
