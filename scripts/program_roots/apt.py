"""A private apt: its own lists, cache, status and trust, so that the host's apt is neither read for packages nor changed."""

import dataclasses
import os
import pathlib
import re
import subprocess

from .errors import ProgramRootError

HOST_KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# How to reach a mirror and how strict to be about stale indexes is the host administrator's decision.
INHERITED = re.compile(r"^Acquire::(https?|ftp|Retries|ForceIPv|Check-|Max-ValidTime|Min-ValidTime)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Source:
    uri: str
    suite: str
    components: tuple[str, ...] = ("main",)


@dataclasses.dataclass(frozen=True)
class Package:
    name: str
    version: str
    architecture: str
    size: int
    sha256: str


def run(arguments, *, what, environment=None, cwd=None, timeout=900):
    """Runs an argument vector; returns its output or raises with the last lines of what it said."""
    try:
        done = subprocess.run([str(a) for a in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=environment, cwd=cwd, timeout=timeout, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramRootError(f"{what}: {error}") from error
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "W:", "Err:"))]
        said = said or (done.stdout + done.stderr).splitlines()
        raise ProgramRootError(f"{what}: " + ("; ".join(line.strip() for line in said[-6:]) or "no output"))
    return done.stdout


def parse_one_line_sources(text):
    """Sources of a `.list` file: (uri, suite, components)."""
    found = []
    for line in text.splitlines():
        match = re.match(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$", line.split("#")[0].strip())
        if match:
            found.append(Source(match[1], match[2], tuple(match[3].split())))
    return found


def parse_deb822_sources(text):
    """Sources of a `.sources` file."""
    found = []
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = {key.lower(): " ".join(value.split())
                  for key, value in re.findall(r"^([A-Za-z-]+):((?:.*(?:\n[ \t].*)*))", stanza, re.MULTILINE)}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                found.append(Source(uri, suite, tuple(fields.get("components", "").split())))
    return found


def host_sources(etc_apt=pathlib.Path("/etc/apt")):
    """What the host's own apt reads, in its order."""
    found = []
    files = [etc_apt / "sources.list"]
    if (etc_apt / "sources.list.d").is_dir():
        files += sorted((etc_apt / "sources.list.d").iterdir())
    for file in files:
        if not file.is_file():
            continue
        if file.suffix == ".sources":
            found += parse_deb822_sources(file.read_text(encoding="utf-8"))
        elif file.suffix == ".list":
            found += parse_one_line_sources(file.read_text(encoding="utf-8"))
    return found


def host_codename(os_release=pathlib.Path("/etc/os-release")):
    match = re.search(r'^VERSION_CODENAME="?([a-z]+)', os_release.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else ""


def sources_for(suite, *, hosts, codename, mirror=None):
    """Where `suite` is fetched from: the mirror that serves the host's own release, plus its security archive."""
    if mirror:
        return [Source(mirror, suite)]
    main = next((s for s in hosts if s.suite == codename and "main" in s.components), None)
    if main is None:
        raise ProgramRootError(
            f"the host's apt sources name no Debian mirror for its own release '{codename}'; pass one with --mirror URL")
    found = [Source(main.uri, suite)]
    if suite not in ("sid", "unstable"):
        found.append(Source(main.uri, f"{suite}-updates"))
        security = next((s for s in hosts if s.suite == f"{codename}-security"), None)
        if security:
            found.append(Source(security.uri, f"{suite}-security"))
    return found


class PrivateApt:
    """apt with every path of its own under `directory`; trusts `keyring` and nothing else."""

    def __init__(self, directory, sources, keyring, architecture):
        self.directory = pathlib.Path(directory)
        self.architecture = architecture
        for folder in ("etc", "etc/preferences.d", "state/lists/partial", "cache/archives/partial", "log"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        (self.directory / "state" / "status").touch()
        (self.directory / "etc" / "sources.list").write_text(
            "".join(f"deb [signed-by={keyring} arch={architecture}] {s.uri} {s.suite} {' '.join(s.components)}\n"
                    for s in sources), encoding="utf-8")
        dump = run(["apt-config", "dump"], what="apt-config")
        inherited = [line for line in dump.splitlines() if INHERITED.match(line)]
        own = [
            f'Dir::Etc "{self.directory}/etc";', 'Dir::Etc::main "/dev/null";', 'Dir::Etc::parts "/dev/null";',
            f'Dir::Etc::sourcelist "{self.directory}/etc/sources.list";', 'Dir::Etc::sourceparts "/dev/null";',
            'Dir::Etc::trusted "/dev/null";', 'Dir::Etc::trustedparts "/dev/null";',
            'Dir::Etc::netrc "/etc/apt/auth.conf";', 'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";',
            f'Dir::State "{self.directory}/state";', f'Dir::State::status "{self.directory}/state/status";',
            f'Dir::Cache "{self.directory}/cache";', f'Dir::Log "{self.directory}/log";',
            f'APT::Architecture "{architecture}";', f'APT::Architectures {{ "{architecture}"; }};',
            'APT::Install-Recommends "false";', 'APT::Update::Error-Mode "any";',
            'Acquire::Languages "none";', 'Acquire::ForceHash "sha256";',
            'Acquire::AllowInsecureRepositories "false";', 'Acquire::AllowWeakRepositories "false";',
            'Acquire::AllowDowngradeToInsecureRepositories "false";', 'APT::Get::AllowUnauthenticated "false";',
        ]
        config = self.directory / "apt.conf"
        config.touch(mode=0o600)  # a proxy setting may carry a password
        config.write_text("\n".join(inherited + own) + "\n", encoding="utf-8")
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("APT_")}
        self._environment |= {"APT_CONFIG": str(config), "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}

    def _run(self, *arguments, what, cwd=None):
        return run(arguments, what=what, environment=self._environment, cwd=cwd)

    def update(self):
        self._run("apt-get", "-q", "update", what="the package index was refused or cannot be reached")

    def index_dates(self):
        """{suite: date of its signed index}."""
        dates = {}
        for file in sorted((self.directory / "state" / "lists").glob("*Release")):
            text = file.read_text(encoding="utf-8", errors="replace")
            suite = re.search(r"^Codename: (\S+)", text, re.MULTILINE)
            date = re.search(r"^Date: (.+)$", text, re.MULTILINE)
            if suite and date:
                dates[suite[1]] = date[1]
        return dates

    def closure(self, packages):
        """The packages with all that they depend on, as the signed index names them."""
        printed = self._run("apt-get", "-y", "-q", "--print-uris", "--no-install-recommends", "install", *packages,
                            what=f"no closure for {' '.join(packages)}")
        found = []
        for line in printed.splitlines():
            match = re.match(r"^'[^']+' ([^_ ]+)_([^_ ]+)_([^_ .]+)\.deb (\d+) SHA256:([0-9a-f]{64})$", line)
            if match:
                found.append(Package(match[1], match[2].replace("%3a", ":"), match[3], int(match[4]), match[5]))
        if not {p.name for p in found}.issuperset(packages):
            raise ProgramRootError(f"the index does not name {' '.join(packages)} with a SHA256")
        return sorted(found, key=lambda p: p.name)

    def download(self, packages, directory):
        """Fetches exactly these; apt checks each against the signed index. The caller checks the sum again."""
        self._run("apt-get", "-q", "download", *[f"{p.name}:{p.architecture}={p.version}" if p.architecture != "all"
                                                  else f"{p.name}={p.version}" for p in packages],
                  what="a package was refused or cannot be fetched", cwd=directory)


def newer_keyring(directory, *, hosts, codename, keyring, architecture):
    """The newest archive keyring of the host's own release, taken through the keys that the host already trusts."""
    sources = [s for s in hosts if s.suite in (codename, f"{codename}-updates") and "main" in s.components]
    if not sources:
        raise ProgramRootError("the host's apt sources cannot provide a newer archive keyring")
    apt = PrivateApt(pathlib.Path(directory) / "keyring-apt", sources, keyring, architecture)
    apt.update()
    folder = pathlib.Path(directory) / "keyring"
    folder.mkdir(exist_ok=True)
    apt.download([p for p in apt.closure(["debian-archive-keyring"]) if p.name == "debian-archive-keyring"], folder)
    deb = next(folder.glob("debian-archive-keyring_*.deb"))
    run(["dpkg-deb", "-x", deb, folder / "x"], what="the keyring package")
    return folder / "x" / "usr/share/keyrings/debian-archive-keyring.gpg"
