"""Holds calls against the API models: member names, required members, JSON types.

The models are those of `codegen/models`, which know the operations that the engine serves; with TERRARIUM_SHARED_DATA the whole ones are used."""

import json
import os
import pathlib

from .base import ApiError

ROOT = pathlib.Path(__file__).resolve().parents[3]

def shared_data():
    return pathlib.Path(os.environ.get("TERRARIUM_SHARED_DATA") or ROOT.parent / "shared" / "data")


class Models:
    def __init__(self):
        self.loaded = {}
        self.checked, self.skipped = 0, 0

    def model(self, service):
        if service not in self.loaded:
            found = sorted((shared_data() / "botocore-service-data" / service).glob("*/service-2.json"))
            pruned = ROOT / f"codegen/models/{service}.json"
            self.loaded[service] = json.loads((found[-1] if found else pruned).read_text()) if found or pruned.exists() else None
        return self.loaded[service]

    def check_request(self, service, operation, request):
        self.check(service, operation, "input", request, "UnknownMember")

    def check_answer(self, service, operation, answer):
        self.check(service, operation, "output", answer, "TestCloudBug")

    def check(self, service, operation, side, document, code):
        model = self.model(service)
        if not model or (operation not in model["operations"] and operation in model.get("unserved", ())):
            self.skipped += 1
            return
        self.checked += 1
        if operation not in model["operations"]:
            raise ApiError(code, f"{service} has no operation {operation}")
        shape = model["operations"][operation].get(side)
        if not shape:
            if document:
                raise ApiError(code, f"{operation} has no {side}")
            return
        complaint = self.complaint(model["shapes"], shape["shape"], document, operation, side == "input")
        if complaint:
            raise ApiError(code, complaint)

    def complaint(self, shapes, name, value, where, strict):
        shape = shapes[name]
        kind = shape["type"]
        if kind == "structure":
            if not isinstance(value, dict):
                return f"{where} must be a structure, not {value!r}"
            for member in value:
                if member not in shape["members"]:
                    return f"{where} has no member {member}"
            missing = [m for m in shape.get("required", []) if m not in value]
            if strict and missing:
                return f"{where} lacks {missing}"
            return next(filter(None, (self.complaint(shapes, shape["members"][k]["shape"], v, f"{where}.{k}", strict)
                                      for k, v in value.items())), None)
        if kind == "list":
            if not isinstance(value, list):
                return f"{where} must be a list, not {value!r}"
            return next(filter(None, (self.complaint(shapes, shape["member"]["shape"], v, f"{where}[]", strict)
                                      for v in value)), None)
        if kind == "map":
            if not isinstance(value, dict):
                return f"{where} must be a map, not {value!r}"
            return next(filter(None, (self.complaint(shapes, shape["value"]["shape"], v, f"{where}.{k}", strict)
                                      for k, v in value.items())), None)
        expected = {"string": str, "character": str, "blob": str, "timestamp": str, "boolean": bool,
                    "integer": int, "long": int, "float": (int, float), "double": (int, float)}[kind]
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
            return f"{where} must be a {kind}, not {value!r}"
        if strict and "enum" in shape and value not in shape["enum"]:
            return f"{where} must be one of {shape['enum']}, not {value!r}"
        return None
