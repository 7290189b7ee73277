"""Errors in four parts: what happened, why, what state things are in, what to do."""

import sys


class Problem(Exception):
    def __init__(self, code, what, why="", state="", do="", exit_code=1):
        super().__init__(what)
        self.code, self.what, self.why, self.state, self.do, self.exit_code = code, what, why, state, do, exit_code

    def show(self, out=sys.stderr):
        print(f"error TR-{self.code}: {self.what}", file=out)
        for name, text in (("why", self.why), ("state", self.state), ("do", self.do)):
            for i, line in enumerate(text.splitlines() if text else []):
                print(f"  {name if i == 0 else '':<6} {line}", file=out)
