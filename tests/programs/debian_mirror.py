"""A small signed Debian archive in a folder, with a program, its library and its loader taken from this host."""

import copy
import gzip
import hashlib
import pathlib
import shutil
import subprocess


def run(*arguments, **options):
    return subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True, **options).stdout


class Mirror:
    SUITE = "testing-suite"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.archive = self.folder / "archive"
        self.architecture = run("dpkg", "--print-architecture").strip()
        self.keys = {}
        self.keyring = self._make_key("archive")
        self._debs = self.archive / "pool"
        self._debs.mkdir(parents=True)

    def copy(self, folder):
        """The same archive with the same keys in another folder, to be damaged there."""
        other = copy.copy(self)
        other.folder, other.archive, other.keys = folder, folder / "archive", dict(self.keys)
        other._debs = other.archive / "pool"
        shutil.copytree(self.archive, other.archive)
        return other

    @property
    def uri(self):
        return f"file:{self.archive}"

    def _make_key(self, name):
        home = self.folder / f"gpg-{name}"
        home.mkdir(mode=0o700)
        run("gpg", "--homedir", home, "--batch", "--passphrase", "", "--quick-generate-key", f"{name} key", "ed25519", "sign")
        public = self.folder / f"{name}.gpg"
        run("gpg", "--homedir", home, "--batch", "--output", public, "--export")
        public.chmod(0o644)
        run("gpgconf", "--homedir", home, "--kill", "all")
        self.keys[name] = home
        return public

    def foreign_key(self):
        self._make_key("foreign")
        return "foreign"

    def package(self, name, version, files, depends=""):
        """files: {path inside the package: (source path or text, mode)}"""
        tree = self.folder / f"build-{name}-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: {self.architecture}\n"
            + (f"Depends: {depends}\n" if depends else "")
            + "Maintainer: Test <test@example.invalid>\nDescription: test package\n")
        for path, (content, mode) in files.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pathlib.Path):
                shutil.copyfile(content, target)
            else:
                target.write_text(content)
            target.chmod(mode)
        deb = self._debs / f"{name}_{version}_{self.architecture}.deb"
        run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, deb)
        return deb

    def publish(self, key="archive"):
        """Writes the indexes of all packages and signs them."""
        stanzas = []
        for deb in sorted(self._debs.glob("*.deb")):
            data = deb.read_bytes()
            stanzas.append(run("dpkg-deb", "-f", deb).rstrip() + f"\nFilename: pool/{deb.name}\nSize: {len(data)}\n"
                           f"SHA256: {hashlib.sha256(data).hexdigest()}\n")
        dist = self.archive / "dists" / self.SUITE
        index = f"main/binary-{self.architecture}/Packages"
        (dist / index).parent.mkdir(parents=True, exist_ok=True)
        packages = "\n".join(stanzas).encode()
        (dist / index).write_bytes(packages)
        (dist / f"{index}.gz").write_bytes(gzip.compress(packages, mtime=0))
        sums = "".join(f" {hashlib.sha256((dist / n).read_bytes()).hexdigest()} {(dist / n).stat().st_size} {n}\n"
                       for n in (index, f"{index}.gz"))
        date = run("date", "-uR").strip().replace("+0000", "UTC")
        (dist / "Release").write_text(
            f"Origin: Test\nSuite: {self.SUITE}\nCodename: {self.SUITE}\nDate: {date}\n"
            f"Architectures: {self.architecture}\nComponents: main\nSHA256:\n{sums}")
        home = self.keys[key]
        (dist / "InRelease").unlink(missing_ok=True)
        run("gpg", "--homedir", home, "--batch", "--clearsign", "--output", dist / "InRelease", dist / "Release")
        run("gpgconf", "--homedir", home, "--kill", "all")
        return dist
