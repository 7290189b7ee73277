"""Smithy's protocol tests (the model as Smithy JSON) as suites of botocore's form."""

import json
import pathlib

KINDS = {"httpRequestTests": "smithy.test#httpRequestTests", "httpResponseTests": "smithy.test#httpResponseTests", "malformed": "smithy.test#httpMalformedRequestTests"}


class SmithyModel:
    def __init__(self, path: pathlib.Path):
        self.shapes = json.loads(path.read_text())["shapes"]

    def sides(self, protocol):
        """(case, side) of every case of the protocol."""
        for shape in self.shapes.values():
            for kind in ("httpRequestTests", "httpResponseTests"):
                for case in shape.get("traits", {}).get(KINDS[kind], []):
                    if case["protocol"].endswith("#" + protocol):
                        yield case["id"], case.get("appliesTo", "both")

    def suites(self, protocol, file, known, metadata):
        return []
