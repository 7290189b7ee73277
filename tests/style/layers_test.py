"""What the link tests do not see: includes that reach past a layer, and rules of the house that a compiler does not know."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"

# Which folders of src/ a folder may include. Services are named with their folder: services/ecs.
FLOORS = {
    "base": set(),
    "crypto": {"base"},
    "iam": {"base"},
    "sigv4": {"base"},
    "runtime": {"base"},
    "codec": {"base"},
    "store": {"base", "codec"},
    "api": {"base", "codec", "store"},
    "control": {"base", "runtime", "store"},
    "host": {"base", "codec", "runtime"},
    "wire": {"base", "runtime", "codec", "api", "sigv4"},
    "registry": {"base", "api", "store", "crypto", "wire", "services"},
    "aws": {"base", "codec", "runtime", "sigv4"},
    "provider": {"base", "codec", "aws"},
    "prove": {"base", "codec", "runtime", "aws", "sigv4"},
    "cli": {"base", "codec", "runtime", "aws", "sigv4", "prove"},
    "node": {"base", "codec", "runtime", "host", "crypto", "wire"},
}
SERVICE = {"base", "codec/row_codec.h", "codec/descriptor.h", "codec/json_codec.h", "crypto", "iam", "runtime", "store", "api", "control", "host"}
# Service to service: a DAG, only through public.h.
SERVICE_EDGES = {
    "sts": {"iam"}, "iam": set(), "kms": {"iam"}, "secretsmanager": {"kms", "iam"}, "ssm": {"kms"}, "ec2": set(), "ecr": {"iam"}, "logs": {"kms"},
    "elbv2": {"ec2"}, "efs": {"ec2", "kms"}, "ecs": {"ec2", "elbv2", "iam", "secretsmanager", "kms", "logs", "ssm", "ecr", "efs"}, "rds": {"ec2", "kms", "secretsmanager"},
}


def sources():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    return [ROOT / f for f in listed if f and (ROOT / f).is_file()]


def includes(path):
    return re.findall(r'^\s*#\s*include "([^"]+)"', path.read_text(errors="replace"), re.M)


class LayersTest(unittest.TestCase):
    def test_includes_stay_in_their_layer(self):
        wrong = []
        for path in sources():
            if SRC not in path.parents or path.suffix not in (".h", ".cc"):
                continue
            parts = path.relative_to(SRC).parts
            is_test = path.stem.endswith(("_test", "_fixture"))
            for include in includes(path):
                top = include.split("/")[0]
                if top == "gen" or not (SRC / top).is_dir() or parts[0] in ("daemon",):
                    continue
                if parts[0] == "services":
                    if top == "services":
                        other = include.split("/")[1]
                        own = other == parts[1]
                        allowed = own or (other in SERVICE_EDGES.get(parts[1], set()) and include.endswith("/public.h"))
                        if not allowed and not is_test:
                            wrong.append(f"{path.relative_to(ROOT)}: {include}")
                    elif top not in SERVICE and include not in SERVICE and not is_test:
                        wrong.append(f"{path.relative_to(ROOT)}: {include}")
                elif parts[0] == "drivers":
                    if top not in ("base", "runtime", "host", "codec", "crypto", "node") and not include.startswith(f"drivers/{parts[1]}/"):
                        wrong.append(f"{path.relative_to(ROOT)}: {include}")
                elif top != parts[0] and top not in FLOORS[parts[0]] and not is_test:
                    wrong.append(f"{path.relative_to(ROOT)}: {include}")
        self.assertEqual(wrong, [])

    def test_heavy_libraries_stay_in_their_folder(self):
        owners = {"sqlite3.h": ("store",), "pugixml.hpp": ("codec",), "grpcpp/": ("provider",), "google/protobuf": ("provider",), "nftables/": ("drivers",), "CLI/": ("cli",), "spdlog/": ()}
        wrong = []
        for path in sources():
            if SRC not in path.parents or path.suffix not in (".h", ".cc"):
                continue
            for include in re.findall(r"^\s*#\s*include <([^>]+)>", path.read_text(errors="replace"), re.M):
                for library, folders in owners.items():
                    if include.startswith(library) and path.relative_to(SRC).parts[0] not in folders:
                        wrong.append(f"{path.relative_to(ROOT)}: <{include}>")
        self.assertEqual(wrong, [])


class HouseRulesTest(unittest.TestCase):
    def test_files_stay_readable(self):
        long = []
        for path in sources():
            if path.suffix in (".h", ".cc", ".py") and path.read_text(errors="replace").count("\n") > 800:
                long.append(str(path.relative_to(ROOT)))
        self.assertEqual(long, [], "over 800 lines")

    def test_names_are_snake_case(self):
        wrong = [str(p.relative_to(ROOT)) for p in sources() if SRC in p.parents and p.suffix in (".h", ".cc") and not re.fullmatch(r"[a-z0-9_]+", p.stem)]
        self.assertEqual(wrong, [])

    def test_only_base_and_runtime_read_the_clock(self):
        reasons = {"src/provider/goplugin/serve.cc": "gRPC takes a deadline as a wall clock time"}
        wrong = []
        for path in sources():
            if SRC not in path.parents or path.suffix not in (".h", ".cc") or path.relative_to(SRC).parts[0] in ("base", "runtime") or path.stem.endswith("_test"):
                continue
            if str(path.relative_to(ROOT)) not in reasons and re.search(r"system_clock::now|\btime\(nullptr\)|\bgettimeofday\b", path.read_text(errors="replace")):
                wrong.append(str(path.relative_to(ROOT)))
        self.assertEqual(wrong, [])

    def test_no_shell(self):
        wrong = []
        for path in sources():
            text = path.read_text(errors="replace") if path.suffix in (".h", ".cc", ".py") else ""
            if path.suffix == ".py" and "shell=True" in text and path != pathlib.Path(__file__).resolve():
                wrong.append(str(path.relative_to(ROOT)))
            if path.suffix in (".h", ".cc") and re.search(r"\b(popen|system)\(", text):
                wrong.append(str(path.relative_to(ROOT)))
        self.assertEqual(wrong, [])

    def test_tests_do_not_sleep(self):
        wrong = [str(p.relative_to(ROOT)) for p in sources() if p.name.endswith("_test.cc") and re.search(r"sleep_for|\busleep\(|\bsleep\(", p.read_text(errors="replace"))]
        self.assertEqual(wrong, [])

    def test_the_project_speaks_only_of_itself(self):
        # Hosts of package mirrors and folders of somebody's machine have no place in the repository.
        pattern = re.compile(r"/work/(main|wt|shared)|deb\.debian\.org|registry\.npmjs\.org|repo\.packagist\.org")
        wrong = [str(p.relative_to(ROOT)) for p in sources() if p.suffix in (".h", ".cc", ".py", ".md", ".txt", ".tf", ".hcl", ".json", ".php", "") and p != pathlib.Path(__file__).resolve() and pattern.search(p.read_text(errors="replace"))]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
