"""What a new user types: up, up again, down, up, destroy; with the release build, the canary and everything real."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import ROOT, free_port  # noqa: E402
from stacklib.engine import Engine  # noqa: E402

BUILD = ROOT / "build" / "release"


@unittest.skipUnless(os.geteuid() == 0, "needs root: the engine makes namespaces")
class UpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="terrarium-up-"))
        os.chmod(cls.folder, 0o755)
        cls.port, cls.door = free_port(), free_port()
        cls.instance = "u" + re.sub("[^a-z0-9]", "0", cls.folder.name[-6:].lower())
        cls.engine = Engine(BUILD, cls.instance, cls.folder / "state", port=cls.port, door=cls.door)

    @classmethod
    def tearDownClass(cls):
        cls.engine.stop()
        cls.engine.verb("--remove-all", "yes")
        cls.engine.remove_state()
        subprocess.run(["rm", "-rf", "--", str(cls.folder)], check=True)

    def stack(self, verb, *more, code=0):
        done = subprocess.run([sys.executable, str(ROOT / "scripts/stack.py"), verb, "--instance", self.instance, "--state-dir", str(self.folder / "state"), "--port", str(self.port),
                               "--door", str(self.door), "--build", str(BUILD), *more], capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def get(self, path, method="GET"):
        try:
            with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{self.door}{path}", method=method), timeout=20) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            self.fail(f"{method} {path} was answered {error.code}: {error.read(400).decode(errors='replace')}")

    def rows(self):
        return [row[1] for row in json.loads(self.get("/read?from=0"))["rows"]]

    def test_up_again_down_up_destroy(self):
        first = self.stack("up", "--canary")
        self.assertIn("Your site is up.", first)
        self.assertRegex(first, r"terraform apply · \d\d created")
        page = self.get("/")
        self.assertIn("canary site", page)
        self.assertIn("TLSv1.3", page)  # to the database
        self.get("/write?id=before", "POST")
        self.assertNotIn("login?token", first)  # no terminal here, so no secret

        second = self.stack("up", "--canary")
        self.assertIn("nothing to change", second)
        self.assertIn("serves already", second)

        self.assertIn(f"runs on port {self.port}", self.stack("up", "--canary", "--port", str(free_port()), code=1))

        self.stack("down")
        self.assertEqual(self.engine.namespaces(), [])
        self.assertEqual([left for left in self.engine.leftovers() if left.startswith("process")], [])
        self.stack("up", "--canary")
        self.assertEqual(self.rows(), ["before"])

        other = [sys.executable, str(ROOT / "scripts/stack.py"), "destroy", "--instance", "another", "--state-dir", str(self.folder / "state"), "--build", str(BUILD)]
        refused = subprocess.run(other, capture_output=True, text=True)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("error TR-OTHER-INSTANCE", refused.stderr)
        self.assertEqual(self.rows(), ["before"])

        self.stack("destroy")
        self.assertEqual(self.engine.leftovers(), [])
        self.stack("destroy")  # of nothing

    def test_what_is_wrong_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            said = self.stack("up", "--canary", "--port", str(port), code=1)
        self.assertIn(f"port {port}", said)
        self.assertIn("nothing was changed", said)
        said = self.stack("up", "--site", "/nowhere", code=1)
        self.assertIn("/nowhere", said)
        self.assertIn("nothing was changed", said)


if __name__ == "__main__":
    unittest.main()
