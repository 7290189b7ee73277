"""What a new user types: up, up again, down, up, destroy; with the release build, the canary and everything real. And what a person and their tools
see of the stack in between. Classes run in the order of their names: the one that ends the stack is the last."""

import json
import os
import socket
import subprocess
import sys
import unittest

import up_stack
from up_stack import BUILD, ROOT, free_port
import browsing
import field_cases
import reading

STACK = None


def setUpModule():
    global STACK
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root: the engine makes namespaces")
    STACK = UpTest.stack = ClientsTest.stack = BrowserTest.stack = FieldCasesTest.stack = up_stack.UpStack()


def tearDownModule():
    if STACK is not None:
        STACK.close()


class BrowserTest(browsing.Browsing, unittest.TestCase):
    pass


class ClientsTest(reading.Reading, unittest.TestCase):
    pass


class FieldCasesTest(field_cases.FieldCases, unittest.TestCase):
    pass


class UpTest(unittest.TestCase):
    def rows(self):
        return [row[1] for row in json.loads(self.stack.get("/read?from=0"))["rows"]]

    def test_up_again_down_up_destroy(self):
        stack, engine = self.stack, self.stack.engine
        self.assertIn("Your site is up.", stack.first)
        self.assertRegex(stack.first, r"terraform apply · \d\d created")
        page = stack.get("/")
        self.assertIn("canary site", page)
        self.assertIn("TLSv1.3", page)  # to the database
        stack.get("/write?id=before", "POST")
        self.assertNotIn("login?token", stack.first)  # no terminal here, so no secret

        second = stack.run("up", "--canary")
        self.assertIn("nothing to change", second)
        self.assertIn("serves already", second)

        self.assertIn(f"runs on port {stack.port}", stack.run("up", "--canary", "--port", str(free_port()), code=1))

        stack.run("down")
        self.assertEqual(engine.namespaces(), [])
        self.assertEqual([left for left in engine.leftovers() if left.startswith("process")], [])
        stack.run("up", "--canary")
        self.assertEqual(self.rows(), ["before"])

        other = [sys.executable, str(ROOT / "scripts/stack.py"), "destroy", "--instance", "another", "--state-dir", str(stack.folder / "state"), "--build", str(BUILD)]
        refused = subprocess.run(other, capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("error TR-OTHER-INSTANCE", refused.stderr)
        self.assertEqual(self.rows(), ["before"])

        stack.run("destroy")
        self.assertEqual(engine.leftovers(), [])
        stack.run("destroy")  # of nothing

    def test_what_is_wrong_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            said = self.stack.run("up", "--canary", "--port", str(port), code=1)
        self.assertIn(f"port {port}", said)
        self.assertIn("nothing was changed", said)
        said = self.stack.run("up", "--site", "/nowhere", code=1)
        self.assertIn("/nowhere", said)
        self.assertIn("nothing was changed", said)


if __name__ == "__main__":
    unittest.main()
