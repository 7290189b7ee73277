#!/usr/bin/python3
"""Repeats calls with Debian's AWS CLI, in its own process for all of them: reads {endpoint, region, calls: [{service, operation, params}]} on stdin,
writes one {code, answer, error, too_old} a call on stdout. Each goes through the CLI's own argument parser, paginator switch and formatter."""

import contextlib
import io
import json
import sys

import awscli.clidriver
from botocore import xform_name


def main():
    asked = json.load(sys.stdin)
    driver, out = awscli.clidriver.create_clidriver(), []
    for call in asked["calls"]:
        arguments = ["--endpoint-url", asked["endpoint"], "--region", asked["region"], "--output", "json", "--no-paginate", "--no-cli-pager", call["service"],
                     xform_name(call["operation"], "-"), "--cli-input-json", json.dumps(call["params"])]
        # The CLI writes bytes or text, depending on the formatter.
        said, wrong = io.TextIOWrapper(io.BytesIO(), write_through=True), io.TextIOWrapper(io.BytesIO(), write_through=True)
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong):
            try:
                code = driver.main(arguments)
            except SystemExit as left:
                code = left.code
        text, error = said.buffer.getvalue().decode(), wrong.buffer.getvalue().decode().strip()
        out.append({"code": code, "answer": json.loads(text) if code == 0 and text.strip() else None, "error": error[-300:], "too_old": "nvalid choice" in error})
    json.dump(out, sys.stdout)


main()
