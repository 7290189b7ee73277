"""The generator's output for a sample is in the repository, so that a change to the generator shows up in review as a change of code.
`python3 tests/codegen/golden_test.py --write` renews it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "codegen" / "golden"
CASES = [("rows", "sample", GOLDEN / "sample.model"), ("api", "sts", ROOT / "codegen" / "models" / "sts.json")]


def generate(kind, name, source, folder):
    return subprocess.run([sys.executable, str(ROOT / "codegen" / "generate.py"), kind, name, str(source), folder], capture_output=True, text=True)


class GoldenTest(unittest.TestCase):
    def test_output_is_as_committed(self):
        for kind, name, source in CASES:
            with tempfile.TemporaryDirectory() as folder:
                self.assertEqual(generate(kind, name, source, folder).returncode, 0)
                made = sorted(pathlib.Path(folder, name).iterdir())
                self.assertEqual([f.name for f in made], sorted(f.name for f in (GOLDEN / name).iterdir()))
                for f in made:
                    self.assertEqual(f.read_text(), (GOLDEN / name / f.name).read_text(), f"{name}/{f.name} differs; see the top of this file")

    def test_nonsense_is_refused_with_its_place(self):
        bad = {
            "struct A {\n  1 a string\n  1 b string\n}\n": "number or name used twice",
            "struct A {\n  1 a Nothing\n}\n": "no struct",
            "struct A {\n  a string\n}\n": "not understood",
            "struct A {}\nstruct A {}\nstruct A {\n}\n": "twice",
        }
        for text, words in bad.items():
            with tempfile.TemporaryDirectory() as folder:
                source = pathlib.Path(folder, "x.model")
                source.write_text(text)
                done = generate("rows", "x", source, folder)
                self.assertNotEqual(done.returncode, 0, text)
                self.assertIn(words, done.stderr, text)


if __name__ == "__main__":
    if "--write" in sys.argv:
        for case in CASES:
            generate(*case, str(GOLDEN))
    else:
        unittest.main()
