"""Progress on stderr: one line a phase, with its time."""

import sys
import time

from .problem import Problem


def _with_aws_errors(work):
    import botocore.exceptions
    try:
        return work()
    except botocore.exceptions.ClientError as error:
        said = error.response.get("Error", {})
        raise Problem("API", f"{error.operation_name} was answered {said.get('Code')}", said.get("Message", "")) from error
    except botocore.exceptions.BotoCoreError as error:
        raise Problem("API", "the engine's API could not be called", str(error), do="make doctor; the engine's log is in the folder log of its state directory") from error


class Phases:
    def __init__(self, names):
        self.names, self.width, self.begun = names, max(map(len, names)), time.monotonic()

    def run(self, name, work):
        """`work` answers the phase's result text, or a pair of it and a value, which is passed on."""
        number = self.names.index(name) + 1
        print(f" {number}/{len(self.names)} {name:<{self.width}} ", end="", file=sys.stderr, flush=True)
        start = time.monotonic()
        try:
            outcome = _with_aws_errors(work)
        except Problem as problem:
            print("FAIL", file=sys.stderr, flush=True)
            if number > 1 and not problem.state:
                problem.state = f"what came before {name} is done; the next run goes on from here"
            raise
        text, value = outcome if isinstance(outcome, tuple) else (outcome, None)
        print(f"ok {text} · {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
        return value

    def total(self):
        return f"{time.monotonic() - self.begun:.0f} s"
