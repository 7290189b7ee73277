"""Starts and stops the processes of one engine: terrarium-host as root, terrariumd as its own user. terrarium-node is terrarium-host's to start."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from .problem import Problem

USER = "terrarium"


class Engine:
    def __init__(self, build, instance="t0", state_dir="/var/lib/terrarium", run_dir=None, port=4566, door=8080):
        self.build = pathlib.Path(build)
        self.instance, self.port, self.door = instance, port, door
        self.state_dir = pathlib.Path(state_dir)
        self.run_dir = pathlib.Path(run_dir or f"/run/terrarium/{instance}")
        self.endpoint = f"http://127.0.0.1:{port}"
        self._children = []  # started by this object: reaped when they end, left alone when it goes

    # ---- what is there

    def _pid(self, name):
        """The pid of a running program of this engine; None if it does not run. The command line must be ours: pids are used again."""
        path = self.run_dir / {"terrarium-host": "host.pid", "terrariumd": "engine/terrariumd.pid", "terrarium-node": "node/node.pid"}[name]
        try:
            pid = int(path.read_text())
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        ours = pathlib.Path(words[0].decode(errors="replace")).name == name and (self.instance.encode() in words or str(self.run_dir).encode() in words)
        return pid if ours else None

    def _running_with(self, option):
        """The value that the running terrariumd was given; None if none runs."""
        pid = self._pid("terrariumd")
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0") if pid else []
        except OSError:
            return None
        return words[words.index(option) + 1] if option in words else None

    def _is_of_another_build(self, name):
        """Whether it runs and is not the program that lies in the build folder now."""
        pid = self._pid(name)
        try:
            return pid is not None and not os.path.samefile(f"/proc/{pid}/exe", self.build / name)
        except OSError:
            return False

    def running(self):
        return self._pid("terrarium-host") is not None and self._pid("terrariumd") is not None and self.answers()

    def answers(self):
        try:
            urllib.request.urlopen(self.endpoint + "/v2/", timeout=2)
        except urllib.error.HTTPError as error:
            return error.headers.get("Docker-Distribution-Api-Version") == "registry/2.0"
        except OSError:
            return False
        return True

    def root_credentials(self):
        """(key id, secret) of the account's root user."""
        found = {}
        for line in (self.state_dir / "engine/root-credentials").read_text().splitlines():
            if " = " in line:
                name, value = line.split(" = ", 1)
                found[name] = value
        return found["aws_access_key_id"], found["aws_secret_access_key"]

    def database_authority(self, region):
        """File with the certificate (PEM) that verifies the databases of a region. It is there once the region has had a database."""
        path = self.state_dir / "mysql" / "authorities" / f"rds-{region}.pem"
        if not path.exists():
            raise Problem("NO-AUTHORITY", f"the databases of {region} have no certificate authority yet", f"{path} is not there")
        return path

    def environment(self, key=None):
        """Variables with which aws, boto3, Terraform and the SDKs talk to this engine."""
        key_id, secret = key or self.root_credentials()
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true"}

    # ---- start

    def check_owner(self):
        """Whatever is done to the state folder is done to this instance's own, never to another's or to a folder that was named by mistake."""
        owner = self.state_dir / "instance"
        try:
            named = owner.read_text().strip()
        except OSError:
            if self.state_dir.exists() and not self._is_young():
                raise Problem("NOT-OURS", f"{self.state_dir} is not the state folder of an engine", f"{owner} is not there", "nothing was changed", "name another --state-dir")
            return
        if named != self.instance:
            raise Problem("OTHER-INSTANCE", f"{self.state_dir} belongs to the instance {named}, not to {self.instance}", state="nothing was changed",
                          do=f"--instance {named}, or give this instance a --state-dir of its own")

    def _is_young(self):
        """Nothing in it but what is prepared before the first start."""
        return all(entry.name in ("programs", "log") for entry in self.state_dir.iterdir())

    def start(self):
        if os.geteuid() != 0:
            raise Problem("NOT-ROOT", "starting the engine needs root", "terrarium-host makes namespaces, firewall rules and containers", "nothing was started", "run this as root")
        self.check_owner()
        self._ensure_user()
        self._ensure_folders()
        (self.state_dir / "instance").write_text(self.instance + "\n")
        port = self._running_with("--port")
        if port not in (None, str(self.port)):
            # Image references and the endpoint that tasks and users were told have the port in them.
            raise Problem("OTHER-PORT", f"the engine of instance {self.instance} runs on port {port}, not on {self.port}", state="nothing was changed", do=f"--port {port}, or make destroy first")
        for name in ("terrariumd", "terrarium-host"):
            if self._is_of_another_build(name) or name == "terrariumd" and self._running_with("--door") not in (None, str(self.door)):
                self._end(name)  # what runs below it goes on, and the new one adopts it
        if self._pid("terrarium-host") is None:
            self._spawn("terrarium-host", [], lambda: self._connects(self.run_dir / "host.sock"))
        if self._pid("terrariumd") is None:
            self._check_port()
            self._spawn("terrariumd", ["--port", str(self.port), "--door", str(self.door)], self.answers, user=USER)

    def _ensure_user(self):
        try:
            pwd.getpwnam(USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--user-group", "--home-dir", str(self.state_dir), "--no-create-home", "--shell", "/usr/sbin/nologin", USER], check=True)

    def _ensure_folders(self):
        user = pwd.getpwnam(USER)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        self.run_dir.mkdir(parents=True, exist_ok=True)
        for folder in (self.state_dir / "engine", self.run_dir / "engine"):
            folder.mkdir(exist_ok=True)
            os.chmod(folder, 0o711)
            os.chown(folder, user.pw_uid, user.pw_gid)
        for folder in (self.state_dir / "log",):
            folder.mkdir(exist_ok=True)
            os.chmod(folder, 0o755)

    def _check_port(self):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", self.port))
            except OSError:
                raise Problem("PORT-TAKEN", f"127.0.0.1:{self.port} is taken by another program", self._holder(self.port), "the engine was not started",
                              f"stop that program, or choose another port: --port {self.port + 1}")

    @staticmethod
    def _holder(port):
        out = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True).stdout.strip()
        return out.split("users:", 1)[1] if "users:" in out else "it could not be told which"

    @staticmethod
    def _connects(path):
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(str(path))
            except OSError:
                return False
            return True

    def _spawn(self, name, arguments, ready, user=None):
        program = self.build / name
        if not program.exists():
            raise Problem("NOT-BUILT", f"{program} is not there", do="make build")
        log = self.state_dir / "log" / f"{name}.log"
        argv = [str(program), "--instance", self.instance, "--state-dir", str(self.state_dir), "--run-dir", str(self.run_dir), *arguments]
        with log.open("ab") as out:
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/", close_fds=True,
                                     user=user, group=user, extra_groups=[] if user else None, env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                                     **({"ASAN_OPTIONS": os.environ["ASAN_OPTIONS"]} if "ASAN_OPTIONS" in os.environ else {})})
        self._children.append(child)
        deadline = time.monotonic() + 60
        while not ready():
            if child.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(errors="replace").splitlines()[-3:]
                raise Problem("ENGINE-START", f"{name} did not start", "\n".join(last), "what ran before still runs", f"the whole log is {log}")
            time.sleep(0.02)

    # ---- stop

    def _end(self, name, sig=signal.SIGTERM):
        pid = self._pid(name)
        if pid is None:
            return
        os.kill(pid, sig)
        deadline = time.monotonic() + 10
        while self._pid(name) is not None and time.monotonic() < deadline:
            state = pathlib.Path(f"/proc/{pid}/stat")
            try:
                if state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                    break
            except OSError:
                break
            time.sleep(0.02)
        else:
            if self._pid(name) is not None:
                os.kill(pid, signal.SIGKILL)
        self._reap(pid)

    def _reap(self, pid):
        for child in [c for c in self._children if c.pid == pid]:
            child.wait()
            self._children.remove(child)

    def kill(self, name, sig=signal.SIGKILL):
        """For drills: the signal, at once."""
        pid = self._pid(name)
        if pid is not None:
            os.kill(pid, sig)
            if sig == signal.SIGKILL:
                self._reap(pid)
        return pid

    def stop(self):
        self._end("terrariumd")
        self._end("terrarium-host")

    def verb(self, *arguments):
        """A verb of terrarium-host without terrariumd: terrarium-host --once …"""
        return subprocess.run([str(self.build / "terrarium-host"), "--instance", self.instance, "--state-dir", str(self.state_dir), "--run-dir", str(self.run_dir), *arguments],
                              capture_output=True, text=True)

    def namespaces(self):
        folder = pathlib.Path("/run/netns")
        return [p.name for p in folder.iterdir() if p.name.startswith(f"trm-{self.instance}-")] if folder.exists() else []

    @staticmethod
    def memory(pid):
        """Proportional set size in MiB: shared pages counted by their share."""
        try:
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return round(int(line.split()[1]) / 1024, 1)
        except OSError:
            pass
        return None

    def leftovers(self):
        """What still carries the instance's id: namespaces, mounts, loop devices, processes, control groups, folders."""
        left = [f"network namespace {n}" for n in self.namespaces()]
        left += [f"mount {line.split()[1]}" for line in pathlib.Path("/proc/mounts").read_text().splitlines() if str(self.run_dir) in line or str(self.state_dir) in line or f"trm-{self.instance}-" in line]
        for device in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
            try:
                image = device.read_text().strip()
            except OSError:  # let go of meanwhile
                continue
            if image.startswith(f"{self.state_dir}/"):
                left.append(f"loop device {device.parts[3]} of {image}")
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = pathlib.Path("/proc", pid, "cmdline").read_bytes()
            except OSError:
                continue
            if int(pid) != os.getpid() and (str(self.run_dir) + "/").encode() in words:
                left.append(f"process {pid} {words.split(bytes(1))[0].decode(errors='replace')}")
        for group in pathlib.Path("/sys/fs/cgroup").glob(f"**/terrarium-{self.instance}"):
            left.append(f"control group {group}")
        left += [f"folder {f}" for f in (self.state_dir, self.run_dir) if f.exists()]
        return left

    def remove_state(self):
        """Call check_owner before anything is removed. What says whose it is goes last, so that a removal that was cut off can be repeated."""
        if self.state_dir.exists():
            for entry in [e for e in self.state_dir.iterdir() if e.is_dir()]:
                shutil.rmtree(entry, ignore_errors=True)
        shutil.rmtree(self.state_dir, ignore_errors=True)
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def log_tail(self, name, lines=20):
        try:
            return (self.state_dir / "log" / f"{name}.log").read_text(errors="replace").splitlines()[-lines:]
        except OSError:
            return []
