"""docs/reference/field-cases.md names only tests that there are, and leaves no case without a test or a reason."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tests():
    """Names of all tests, as the table writes them."""
    found = set()
    for path in (ROOT / "tests").rglob("*.py"):
        found |= set(re.findall(r"^\s*def (test_\w+)", path.read_text(errors="replace"), re.M))
    for path in (ROOT / "src").rglob("*_test.cc"):
        found |= {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", path.read_text(errors="replace"), re.M)}
    return found


class FieldCasesTest(unittest.TestCase):
    def test_every_case_has_a_test_or_a_reason(self):
        there, wrong, cases = tests(), [], []
        for line in (ROOT / "docs/reference/field-cases.md").read_text().splitlines():
            if not re.match(r"\| F\d{3} ", line):
                continue
            case, here, named = (cell.strip() for cell in line.strip("|").split("|"))
            cases.append(case[:4])
            names = re.findall(r"`([^`]+)`", named)
            wrong += [f"{case[:4]}: {name} is no test" for name in names if name not in there]
            if not names and "not yet: " not in here:
                wrong.append(f"{case[:4]}: neither a test nor a reason")
        self.assertEqual(wrong, [])
        self.assertEqual(cases, sorted(set(cases)))
        self.assertGreater(len(cases), 50)

    def test_every_case_that_is_tried_is_in_the_table(self):
        table = (ROOT / "docs/reference/field-cases.md").read_text()
        tried = re.findall(r"def (test_f\d{3}_\w+)", (ROOT / "tests/up/field_cases.py").read_text())
        self.assertEqual([name for name in tried if f"`{name}`" not in table], [])


if __name__ == "__main__":
    unittest.main()
