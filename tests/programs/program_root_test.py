"""python3 -m unittest discover -s tests/programs -p '*_test.py'"""

import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts")]

import program_root  # noqa: E402
from debian_mirror import Mirror  # noqa: E402
from program_roots import apt, root as roots  # noqa: E402
from program_roots.catalog import CATALOG, Probe, Recipe  # noqa: E402
from program_roots.ensure import Workshop  # noqa: E402
from program_roots.errors import ProgramRootError  # noqa: E402

RECIPE = Recipe(name="speaker", suite=Mirror.SUITE, packages=("speaker",), programs=("usr/bin/speaker",), minimum=(1, 0),
                probes=(Probe("usr/bin/speaker", ("--version",), r"\(GNU coreutils\) (\d+\.\d+)"),),
                without=("never-loaded",), extra_files=(("usr/share/speaker/note", "added\n"),))


def host_files(folders):
    """Names, sizes and times of all files below: what must not change."""
    return sorted((str(p), p.lstat().st_size, p.lstat().st_mtime_ns) for f in folders for p in pathlib.Path(f).rglob("*")
                  if p.is_file())


class ProgramRootTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = tempfile.TemporaryDirectory(prefix="program-root-mirror.")
        cls.addClassCleanup(made.cleanup)
        pathlib.Path(made.name).chmod(0o755)
        cls.pristine = Mirror(made.name)
        listed = subprocess.run(["ldd", "/usr/bin/cat"], capture_output=True, text=True, check=True).stdout
        libc = pathlib.Path(next(line.split("=> ")[1].split()[0] for line in listed.splitlines() if "libc.so" in line))
        loader = roots.interpreter("/usr/bin/cat")
        cls.pristine.package("speaker", "1.0-1", {"usr/bin/speaker": (pathlib.Path("/usr/bin/cat"), 0o4755)},
                             depends="small-libc, never-loaded")
        cls.pristine.package("small-libc", "2", {f"usr/lib/{libc.parent.name}/libc.so.6": (libc, 0o644),
                                                 "usr/share/libc": ("x", 0o644)}, depends="small-loader")
        # Its folder of libraries is there, so the loader alone would go on to the host's C library.
        cls.pristine.package("small-loader", "2", {f"usr{loader}": (pathlib.Path(loader), 0o755),
                                                   f"usr/lib/{libc.parent.name}/note": ("x", 0o644)})
        cls.pristine.package("never-loaded", "3", {"usr/share/never": ("x", 0o644)})
        cls.pristine.publish()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="program-root-unittest.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.mirror = self.pristine.copy(self.folder)
        self.state = self.folder / "state"

    def workshop(self, **options):
        return Workshop(self.state, keyring=self.mirror.keyring, hosts=[], codename="none", mirror=self.mirror.uri, **options)

    def nothing_left(self):
        home = self.state / "programs" / "speaker"
        return [p.name for p in home.iterdir() if p.name != ".lock"] == []

    def test_program_runs_from_its_own_root_as_any_user(self):
        found = self.workshop().ensure(RECIPE)
        self.assertTrue(found["argv_prefix"][0].startswith(found["root"]))
        self.assertEqual(found["argv_prefix"][1:3], ["--inhibit-cache", "--library-path"])
        user = {"user": 4711, "group": 4711, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(found["argv_prefix"] + ["/proc/self/maps"], env=found["environment"], capture_output=True,
                              text=True, check=True, **user)
        mapped = {line.split()[-1] for line in done.stdout.splitlines() if "/" in line}
        self.assertTrue(mapped)
        self.assertEqual([path for path in mapped if not path.startswith(found["root"])], [])

    def test_layout_manifest_and_lock(self):
        found = self.workshop().ensure(RECIPE)
        home = self.state / "programs" / "speaker"
        self.assertEqual(os.readlink(home / "current"), found["content"])
        self.assertEqual(json.loads((home / "current" / "manifest.json").read_text()), found)
        lock = json.loads((home / "current" / "lock.json").read_text())
        self.assertEqual([(p["name"], p["version"]) for p in lock["packages"]], [("small-libc", "2"), ("small-loader", "2"), ("speaker", "1.0-1")])
        for package in lock["packages"]:
            self.assertEqual(roots.sha256_of(self.state / "programs" / "packages" / f"{package['sha256']}.deb"), package["sha256"])
        self.assertEqual((pathlib.Path(found["root"]) / "usr/share/speaker/note").read_text(), "added\n")

    def test_set_user_id_is_not_taken_over(self):
        found = self.workshop().ensure(RECIPE)
        self.assertEqual((pathlib.Path(found["root"]) / "usr/bin/speaker").stat().st_mode & 0o7777, 0o755)

    def test_host_apt_is_untouched(self):
        watched = ["/etc/apt", "/var/lib/apt", "/var/lib/dpkg", "/var/cache/apt"]
        before = host_files(watched)
        self.workshop().ensure(RECIPE)
        self.assertEqual(host_files(watched), before)

    def test_second_ensure_needs_no_mirror(self):
        first = self.workshop().ensure(RECIPE)
        shutil.rmtree(self.mirror.archive)
        self.assertEqual(self.workshop().ensure(RECIPE), first)

    def test_moved_state_directory_gets_a_manifest_that_fits(self):
        self.workshop().ensure(RECIPE)
        shutil.rmtree(self.mirror.archive)
        self.state = self.state.rename(self.folder / "elsewhere")
        self.assertTrue(self.workshop().ensure(RECIPE)["argv_prefix"][0].startswith(f"{self.state}/"))

    def test_corrupted_package_is_refused(self):
        deb = next((self.mirror.archive / "pool").glob("speaker_*.deb"))
        data = bytearray(deb.read_bytes())
        data[-1] ^= 1  # same length, so only the sum can tell
        deb.write_bytes(data)
        with self.assertRaisesRegex(ProgramRootError, "package was refused"):
            self.workshop().ensure(RECIPE)
        self.assertTrue(self.nothing_left())

    def test_package_that_differs_from_its_sum_is_refused_even_if_apt_lets_it_pass(self):
        package = apt.Package("speaker", "1.0-1", "amd64", 1, "0" * 64)
        workshop = self.workshop()
        workshop.cache.mkdir(parents=True)
        with self.assertRaisesRegex(ProgramRootError, "does not have the sum"):
            workshop._collect([package], lambda missing, into: (into / "speaker.deb").write_text("x"), self.folder)
        self.assertEqual(list(workshop.cache.iterdir()), [])

    def test_corrupted_cache_is_fetched_again(self):
        first = self.workshop().ensure(RECIPE)
        shutil.rmtree(self.state / "programs" / "speaker")
        for deb in (self.state / "programs" / "packages").glob("*.deb"):
            deb.write_bytes(b"\0" + deb.read_bytes()[1:])
        self.assertEqual(self.workshop().ensure(RECIPE), first)

    def test_unsigned_index_is_refused(self):
        dist = self.mirror.archive / "dists" / Mirror.SUITE
        (dist / "InRelease").unlink()
        with self.assertRaisesRegex(ProgramRootError, "index was refused.*not signed"):
            self.workshop().ensure(RECIPE)
        self.assertTrue(self.nothing_left())

    def test_index_signed_by_another_key_is_refused(self):
        self.mirror.publish(key=self.mirror.foreign_key())
        with self.assertRaises(ProgramRootError):
            self.workshop().ensure(RECIPE)
        self.assertTrue(self.nothing_left())

    def test_index_changed_after_it_was_signed_is_refused(self):
        packages = next((self.mirror.archive / "dists").rglob("Packages"))
        packages.write_bytes(packages.read_bytes().replace(b"Version: 1.0-1", b"Version: 1.0-2"))
        packages.with_suffix(".gz").unlink()
        with self.assertRaisesRegex(ProgramRootError, "index was refused"):
            self.workshop().ensure(RECIPE)
        self.assertTrue(self.nothing_left())

    def test_root_that_would_use_a_library_of_the_host_is_refused(self):
        recipe = Recipe(**{**vars(RECIPE), "without": ("small-libc",)})
        with self.assertRaisesRegex(ProgramRootError, "does not run from its own root: libc.so.6"):
            self.workshop().ensure(recipe)
        self.assertTrue(self.nothing_left())

    def test_version_that_is_too_old_is_refused(self):
        recipe = Recipe(**{**vars(RECIPE), "minimum": (99,)})
        with self.assertRaisesRegex(ProgramRootError, "older than 99"):
            self.workshop().ensure(recipe)
        self.assertTrue(self.nothing_left())

    def test_damaged_root_is_made_anew(self):
        found = self.workshop().ensure(RECIPE)
        (pathlib.Path(found["root"]) / "usr/bin/speaker").write_bytes(b"")
        self.assertEqual(self.workshop().ensure(RECIPE), found)
        self.assertGreater((pathlib.Path(found["root"]) / "usr/bin/speaker").stat().st_size, 0)

    def test_refresh_moves_current_and_prune_spares_what_runs(self):
        old = self.workshop().ensure(RECIPE)
        self.mirror.package("speaker", "1.1-1", {"usr/bin/speaker": (pathlib.Path("/usr/bin/cat"), 0o755)}, depends="small-libc")
        self.mirror.publish()
        self.assertEqual(self.workshop().ensure(RECIPE)["content"], old["content"])
        new = self.workshop().ensure(RECIPE, refresh=True)
        self.assertNotEqual(new["content"], old["content"])
        with subprocess.Popen(old["argv_prefix"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
            running.stdin.write(b"x\n")
            running.stdin.flush()
            running.stdout.read(1)  # it has been loaded
            self.assertEqual(self.workshop().prune("speaker"), [])
            running.stdin.close()
        self.assertEqual(self.workshop().prune("speaker"), [old["content"]])
        self.assertEqual(self.workshop().ensure(RECIPE), new)

    def test_lock_makes_the_same_root_elsewhere_without_a_mirror(self):
        first = self.workshop(cache_dir=self.folder / "cache").ensure(RECIPE)
        lock = self.workshop().lock("speaker")
        shutil.rmtree(self.mirror.archive)
        self.state = self.folder / "other"
        self.assertEqual(self.workshop(cache_dir=self.folder / "cache").ensure(RECIPE, lock=lock)["content"], first["content"])

    def test_interrupted_unpacking_leaves_nothing_in_the_way(self):
        home = self.state / "programs" / "speaker"
        (home / ".staging-dead" / "root").mkdir(parents=True)
        self.workshop().ensure(RECIPE)
        self.assertEqual([p.name for p in home.iterdir() if p.name.startswith(".staging")], [])

    def test_list_and_age_of_an_empty_state(self):
        for command in ("list", "age"):
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                self.assertEqual(program_root.main([command, "--state-dir", str(self.state)]), 0)
            self.assertIn("haproxy: absent", said.getvalue())


class SourcesTest(unittest.TestCase):
    DEB822 = ("# a comment\nTypes: deb deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
              "Components: main contrib\nSigned-By: /x.gpg\n\nTypes: deb\nEnabled: no\nURIs: http://off.example\n"
              "Suites: bookworm\nComponents: main\n\nTypes: deb\nURIs:\n http://security.example/debian-security\n"
              "Suites: bookworm-security\nComponents: main\n")

    def test_deb822(self):
        found = apt.parse_deb822_sources(self.DEB822)
        self.assertEqual([(s.uri, s.suite) for s in found],
                         [("http://mirror.example/debian", "bookworm"), ("http://mirror.example/debian", "bookworm-updates"),
                          ("http://security.example/debian-security", "bookworm-security")])

    def test_one_line(self):
        found = apt.parse_one_line_sources("# deb http://no.example x main\ndeb [arch=amd64 signed-by=/k] http://a.example/d b main contrib # c\n"
                                           "deb-src http://a.example/d b main\n")
        self.assertEqual(found, [apt.Source("http://a.example/d", "b", ("main", "contrib"))])

    def test_suite_is_exchanged_and_security_follows(self):
        hosts = apt.parse_deb822_sources(self.DEB822)
        found = apt.sources_for("trixie", hosts=hosts, codename="bookworm")
        self.assertEqual([(s.uri, s.suite) for s in found],
                         [("http://mirror.example/debian", "trixie"), ("http://mirror.example/debian", "trixie-updates"),
                          ("http://security.example/debian-security", "trixie-security")])
        self.assertEqual([s.suite for s in apt.sources_for("sid", hosts=hosts, codename="bookworm")], ["sid"])

    def test_host_without_a_debian_mirror_is_told(self):
        with self.assertRaisesRegex(ProgramRootError, "--mirror"):
            apt.sources_for("trixie", hosts=[], codename="bookworm")

    def test_recipes_name_their_program_by_path(self):
        for recipe in CATALOG.values():
            self.assertTrue(all(not p.startswith("/") for p in recipe.programs))
            self.assertTrue(all(recipe.keeps(p) for p in recipe.packages))


if __name__ == "__main__":
    unittest.main()
