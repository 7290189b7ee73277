"""What the image tests run in: network namespaces, a real MySQL with TLS, and podman on a storage root of its own.

Everything carries this run's instance id and is removed at its end; nothing else on the machine is touched. One
namespace (`world`) holds the database and the test's own client sockets; each container gets one of its own.
"""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))

from imagebuild.podman import Podman, ulimits  # noqa: E402

DATABASE_ADDRESS = "10.213.0.1"
DATABASE_NAME = "db.test"
PASSWORD = "pw-" + secrets.token_hex(12)
CLONE_NEWNET = 0x40000000
DEADLINE = 60


def run(argv, timeout=300, **options):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, errors="replace", timeout=timeout, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(str(word) for word in argv)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def wait_for(condition, what):
    """Polls until the condition is true. The deadline is for a hang only; nothing is measured by it."""
    end = time.monotonic() + DEADLINE
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {DEADLINE} s for {what}")
        time.sleep(0.02)
    return result


class Namespace:
    """A network namespace. Sockets made by `connect` are in it, whatever thread uses them."""

    def __init__(self, name):
        self.name = name
        self.path = f"/run/netns/{name}"
        run(["ip", "netns", "add", name])
        run(["ip", "-n", name, "link", "set", "lo", "up"])

    def write(self, key, value):
        run(["nsenter", f"--net={self.path}", "sysctl", "-q", "-w", f"{key}={value}"])

    def connect(self, address, port, timeout=DEADLINE):
        libc = ctypes.CDLL(None, use_errno=True)
        with open(self.path) as there, open("/proc/thread-self/ns/net") as here:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            finally:
                libc.setns(here.fileno(), CLONE_NEWNET)
        made.settimeout(timeout)
        try:
            made.connect((address, port))
        except OSError:
            made.close()
            raise
        return made

    def remove(self):
        run(["ip", "netns", "del", self.name])


class Connection(http.client.HTTPConnection):
    """One request, one connection, from inside a namespace."""

    def __init__(self, namespace, address, port=80):
        super().__init__(address, port)
        self.namespace = namespace

    def connect(self):
        self.sock = self.namespace.connect(self.host, self.port)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        # Raises on a body shorter than announced: a request that was cut off must not pass.
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Task:
    """A container of the image, started with the restrictions that the engine uses."""

    def __init__(self, world, number, name, namespace):
        self.world, self.name, self.namespace = world, name, namespace
        self.address = f"10.213.{number}.2"

    def request(self, method, path, body=None, headers=None, *, inside=False):
        connection = Connection(self.namespace if inside else self.world.namespace, "127.0.0.1" if inside else self.address)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Host": "site.test", **(headers or {})})
            return Answer(connection.getresponse())

    def get(self, path, **headers):
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def busy_workers(self):
        status = self.request("GET", "/server-status?auto", inside=True).text
        return int(next(line for line in status.splitlines() if line.startswith("BusyWorkers")).split()[1]) - 1

    def execute(self, *argv, environment=None):
        """A command in this container; `environment` is added to the container's own (an empty value counts as not set)."""
        changed = [word for key, value in (environment or {}).items() for word in ("--env", f"{key}={value}")]
        return subprocess.run([*self.world.podman.argv, "exec", *changed, self.name, *argv], capture_output=True, text=True, timeout=120)

    def logs(self):
        """Standard output and standard error so far."""
        done = subprocess.run([*self.world.podman.argv, "logs", self.name], capture_output=True, text=True, check=True, timeout=60)
        return done.stdout, done.stderr

    def signal(self, name):
        self.world.podman.run("kill", "--signal", name, self.name)

    def stop(self):
        """As an engine stops it: STOPSIGNAL, and 30 s later SIGKILL. Returns the exit code."""
        self.world.podman.run("stop", "--time", "30", self.name)
        return self.wait()

    def wait(self):
        return int(self.world.podman.run("wait", self.name).strip())


class World:
    def __init__(self, scratch):
        self.id = secrets.token_hex(3)
        self.scratch = pathlib.Path(scratch)
        self.files = self.scratch / "files"
        self.files.mkdir()
        os.chown(self.files, 33, 33)
        self.files.chmod(0o2775)
        self.cleanup = contextlib.ExitStack()
        self.numbers = iter(range(1, 250))
        self.lock = threading.Lock()
        self.podman = Podman(self.scratch / "root", self.scratch / "run")
        self.cleanup.callback(self._remove_storage)
        self.namespace = Namespace(f"timg-{self.id}-w")
        self.cleanup.callback(self.namespace.remove)
        run(["ip", "-n", self.namespace.name, "addr", "add", f"{DATABASE_ADDRESS}/32", "dev", "lo"])
        self.image = None

    def build(self, *arguments):
        """Runs the build script; returns what it printed, as JSON."""
        return json.loads(run([sys.executable, REPOSITORY / "scripts/build_image.py", "--json", "--root", self.scratch / "root",
                               "--runroot", self.scratch / "run", *arguments], timeout=1800))

    def _prepare(self, command, environment, image, unprivileged_ports, files):
        with self.lock:
            number = next(self.numbers)
        namespace = Namespace(f"timg-{self.id}-{number}")
        self.cleanup.callback(namespace.remove)
        link, outside = f"t{number}", self.namespace.name
        run(["ip", "-n", outside, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace.name])
        run(["ip", "-n", outside, "addr", "add", f"10.213.{number}.1/30", "dev", link])
        run(["ip", "-n", outside, "link", "set", link, "up"])
        run(["ip", "-n", namespace.name, "addr", "add", f"10.213.{number}.2/30", "dev", "eth0"])
        run(["ip", "-n", namespace.name, "link", "set", "eth0", "up"])
        run(["ip", "-n", namespace.name, "route", "add", "default", "via", f"10.213.{number}.1"])
        if unprivileged_ports:
            namespace.write("net.ipv4.ip_unprivileged_port_start", "0")
        name = f"timg-{self.id}-{number}"
        argv = ["run", "--name", name, "--hostname", f"task{number}", "--network", f"ns:{namespace.path}", "--add-host", f"{DATABASE_NAME}:{DATABASE_ADDRESS}",
                "--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp:rw,nosuid,nodev,size=256m,mode=1777", "--cap-drop=all",
                "--security-opt=no-new-privileges", *ulimits()]
        if files:
            argv += ["--volume", f"{self.files}:/mnt/files"]
        for key, value in environment.items():
            argv += ["--env", f"{key}={value}"]
        return Task(self, number, name, namespace), argv, [image or self.image, *command]

    def start(self, *command, environment=None, image=None, unprivileged_ports=True, files=True, ready=True):
        """A container that goes on running. Ready: once its health check answers."""
        task, argv, rest = self._prepare(command, self.database() if environment is None else environment, image, unprivileged_ports, files)
        self.podman.run(*argv, "--detach", *rest)
        if ready:
            wait_for(lambda: self._healthy(task), f"{task.name} to become healthy")
        return task

    def once(self, *command, environment=None, image=None, **options):
        """A one-off task, to its end: exit code, standard output, standard error."""
        _, argv, rest = self._prepare(command, self.database() if environment is None else environment, image, options.pop("unprivileged_ports", True), True)
        return subprocess.run([*self.podman.argv, *argv, "--rm", *rest], capture_output=True, text=True, timeout=120, **options)

    @staticmethod
    def _healthy(task):
        try:
            return task.get("/healthz.php").status == 200
        except OSError:
            return False

    def database(self, name="site", **changes):
        """The environment of a task that uses a database."""
        values = {"DB_HOST": DATABASE_NAME, "DB_NAME": name, "DB_USER": "site", "DB_PASSWORD": PASSWORD, "MAX_WORKERS": "8"}
        return {key: value for key, value in (values | changes).items() if value is not None}

    def start_database(self):
        """MySQL from its program root, TLS required, in the world's namespace; its CA is <scratch>/ca.pem."""
        state = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "terrarium" / "image-test"
        manifest = json.loads(run([sys.executable, REPOSITORY / "scripts/program_root.py", "ensure", "mysql", "--state-dir", state], timeout=900))
        root, folder = pathlib.Path(manifest["root"]), self.scratch / "mysql"
        folder.mkdir()
        make_certificates(self.scratch)
        options = folder / "my.cnf"
        options.write_text("\n".join([
            "[mysqld]", f"datadir={folder}/data", f"socket={folder}/socket", f"pid_file={folder}/pid", f"log_error={folder}/log",
            f"lc_messages_dir={root}/usr/share/mysql", f"character_sets_dir={root}/usr/share/mysql/charsets", f"plugin_dir={root}/usr/lib/mysql/plugin",
            f"secure_file_priv=NULL", "mysqlx=OFF", "user=root", f"bind_address={DATABASE_ADDRESS}", "require_secure_transport=ON",
            f"ssl_ca={self.scratch}/ca.pem", f"ssl_cert={self.scratch}/server.pem", f"ssl_key={self.scratch}/server.key", ""]))
        argv, environment = manifest["argv_prefix"], manifest["environment"]
        run([*argv, f"--defaults-file={options}", "--initialize-insecure"], env=environment)
        server = subprocess.Popen(["nsenter", f"--net={self.namespace.path}", *argv, f"--defaults-file={options}"], env=environment)
        self.cleanup.callback(lambda: (server.kill(), server.wait()))
        self.mysql = [*manifest["programs"]["mysql"], "--no-defaults", f"--socket={folder}/socket", "--user=root", "--batch", "--skip-column-names"]
        self.mysql_environment = environment
        wait_for(lambda: server.poll() is not None or subprocess.run([*self.mysql, "--execute", "SELECT 1"], env=environment, capture_output=True).returncode == 0, "mysqld")
        self.sql(f"CREATE USER site IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON `site%`.* TO site;")
        self.create_database("site")

    def create_database(self, name):
        self.sql(f"CREATE DATABASE `{name}`")
        return name

    def sql(self, text):
        return run(self.mysql, input=text, env=self.mysql_environment)

    def _remove_storage(self):
        subprocess.run([*self.podman.argv, "rm", "--all", "--force", "--volumes", "--time", "0"], capture_output=True, timeout=300)
        # conmon has podman clean up after each container that ended, which mounts the storage once more.
        wait_for(lambda: not self._processes(), "the last clean-up to end")
        for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
            if line.split()[4].startswith(f"{self.scratch}/"):
                run(["umount", "--lazy", line.split()[4]])
        shutil.rmtree(self.scratch)

    def _processes(self):
        """Processes whose command line names this run's folder."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if str(self.scratch).encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return found


def make_certificates(folder):
    """ca.pem with a server certificate for the database's name, and other-ca.pem that signed nothing."""
    for name in ("ca", "other-ca"):
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN=test {name}",
             "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"])
    run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={DATABASE_NAME}",
         "-keyout", folder / "server.key", "-out", folder / "server.csr"])
    (folder / "server.ext").write_text(f"subjectAltName=DNS:{DATABASE_NAME}\n")
    run(["openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2",
         "-extfile", folder / "server.ext", "-out", folder / "server.pem"])
