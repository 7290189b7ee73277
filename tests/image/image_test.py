#!/usr/bin/env python3
"""Builds the canary image and a stand-in for a Drupal, runs them as tasks on a real MySQL, and checks the container's contract.

Run as root: python3 tests/image/image_test.py. The first run makes the Debian base and the MySQL program root.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from world import DATABASE_ADDRESS, PASSWORD, REPOSITORY, World, run, wait_for  # noqa: E402

WORLD = None
BUILT = None
# Two tasks of one installed site, for every test that does not change how a task runs.
FIRST = None
SECOND = None


def setUpModule():
    global WORLD, BUILT, FIRST, SECOND
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, for network namespaces and containers")
    WORLD = World(tempfile.mkdtemp(prefix="image-test-", dir="/var/tmp"))
    unittest.addModuleCleanup(WORLD.cleanup.close)
    WORLD.start_database()
    BUILT = WORLD.build("--canary", "--db-ca", WORLD.scratch / "ca.pem")
    WORLD.image = BUILT["tag"]
    installed = WORLD.once("install")
    assert installed.returncode == 0, installed
    FIRST = WORLD.start(environment=WORLD.database(RELEASE="r1", PROXY_CIDRS="10.213.0.0/16"))
    SECOND = WORLD.start()


def png(width=3, height=2):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"\xd9\x9a\0" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def form(fields, name=None, content=None):
    """Body and type of a multipart form."""
    boundary = "----boundary7d1"
    body = b""
    for key, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    if name is not None:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'.encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


class Build(unittest.TestCase):
    def test_second_build_finds_the_image(self):
        again = WORLD.build("--canary", "--db-ca", WORLD.scratch / "ca.pem")
        self.assertEqual((again["built"], again["tag"], again["digest"]), (False, BUILT["tag"], BUILT["digest"]))

    def test_image_declares_its_contract_and_its_base_by_digest(self):
        facts = WORLD.podman.inspect(WORLD.image)
        config = facts["Config"]
        self.assertEqual(config["User"], "33:33")
        self.assertEqual(config["StopSignal"], "SIGWINCH")
        self.assertIn("80/tcp", config["ExposedPorts"])
        self.assertRegex(config["Labels"]["org.opencontainers.image.base.digest"], r"(^|@)sha256:[0-9a-f]{64}$")
        self.assertRegex(BUILT["digest"], r"^sha256:[0-9a-f]{64}$")

    def test_a_site_that_is_none_is_refused_by_name(self):
        empty = WORLD.scratch / "empty"
        empty.mkdir()
        done = subprocess.run([sys.executable, REPOSITORY / "scripts/build_image.py", "--site", empty], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"no site in {empty}: looked for index.php in web/", done.stderr)

    def test_base_is_named_by_its_content(self):
        from imagebuild import base
        with tempfile.TemporaryDirectory() as folder:
            recipe = pathlib.Path(folder)
            for name in ("packages.txt", "builder-packages.txt", "customize"):
                (recipe / name).write_bytes((REPOSITORY / "image/base" / name).read_bytes())
            before = base._folder_name(recipe, "trixie", "8.4", False)
            self.assertEqual(before, base._folder_name(recipe, "trixie", "8.4", False))
            self.assertNotEqual(before, base._folder_name(recipe, "bookworm", "8.2", False))
            with open(recipe / "packages.txt", "a") as packages:
                packages.write("hello\n")
            self.assertNotEqual(before, base._folder_name(recipe, "trixie", "8.4", False))


class Confinement(unittest.TestCase):
    def test_no_process_is_root_or_has_a_capability(self):
        SECOND.get("/")
        done = SECOND.execute("sh", "-c", "cat /proc/[0-9]*/status")
        self.assertGreaterEqual(done.stdout.count("\nUid:"), 4)
        self.assertEqual(set(re.findall(r"^Uid:\t(.*)$", done.stdout, re.M)), {"33\t33\t33\t33"})
        self.assertEqual(set(re.findall(r"^CapEff:\t(.*)$", done.stdout, re.M)), {"0" * 16})

    def test_only_tmp_and_mounts_are_writable(self):
        done = SECOND.execute("sh", "-c", "for f in / /app /app/web /opt/stack /etc /var /var/tmp /run /usr/local /mnt/files /mnt/private /tmp; do "
                                 "(: > $f/probe) 2>/dev/null && echo $f; done; rm -f /mnt/files/probe")
        self.assertEqual(done.stdout.split(), ["/mnt/files", "/mnt/private", "/tmp"])

    def test_a_port_that_may_not_be_bound_is_named(self):
        done = WORLD.once(unprivileged_ports=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("may not listen on port 80", done.stderr)
        self.assertIn("net.ipv4.ip_unprivileged_port_start is 1024", done.stderr)

    def test_php_has_what_a_drupal_needs(self):
        done = SECOND.execute("php", "-m")
        for extension in ("apcu", "bcmath", "exif", "gd", "intl", "mbstring", "pdo_mysql", "xml", "zip", "Zend OPcache"):
            self.assertIn(extension, done.stdout.splitlines())


class Health(unittest.TestCase):
    def test_without_a_database(self):
        # Nothing listens there: whoever asks the database is refused.
        task = WORLD.start(environment=WORLD.database(DB_PORT="3399"))
        self.assertEqual((task.get("/healthz.php").status, task.get("/healthz").status), (200, 200))
        check = task.get("/", User_Agent="ELB-HealthChecker/2.0", Host=task.address)
        self.assertEqual((check.status, check.text), (200, "ok\n"))
        self.assertEqual(task.get("/").status, 503)
        self.assertEqual(task.get("/api", User_Agent="ELB-HealthChecker/2.0").status, 503)
        ready = task.get("/readyz.php")
        self.assertEqual((ready.status, ready.json["database"]["ok"], ready.json["files"]["ok"]), (503, False, True))
        self.assertNotIn(PASSWORD, ready.text + "".join(task.logs()))

    def test_ready_with_a_database(self):
        task = SECOND
        ready = task.get("/readyz.php")
        self.assertEqual((ready.status, ready.json["site"]["result"]), (200, "installed"), ready.text)
        self.assertRegex(ready.json["database"]["result"], r"^(TLS_|ECDHE)")
        # Through a load balancer it is not for the world.
        self.assertEqual(task.get("/readyz.php", X_Forwarded_For="192.0.2.1").status, 403)
        self.assertEqual(task.get("/readyz", X_Forwarded_For="192.0.2.1").status, 403)

    def test_not_installed(self):
        name = WORLD.create_database("site_empty")
        ready = json.loads(SECOND.execute("php", "/opt/stack/lib/readyz.php", environment={"DB_NAME": name}).stdout)
        self.assertEqual((ready["ok"], ready["database"]["ok"], ready["site"]["result"]), (False, True, "not installed"))
        page = WORLD.start(environment=WORLD.database(name)).get("/")
        self.assertEqual((page.status, page.json["error"]), (503, "this site is not installed"))

    def test_files_directory_that_is_not_writable(self):
        os.chmod(WORLD.files, 0o555)
        try:
            ready = SECOND.get("/readyz.php")
            self.assertEqual((ready.status, ready.json["files"]["result"]), (503, "/mnt/files is not writable"))
        finally:
            os.chmod(WORLD.files, 0o2775)

    def test_files_of_a_task_without_a_mount(self):
        task = WORLD.start(files=False)
        self.assertEqual(task.get("/readyz.php").json["files"]["ok"], True)


class DatabaseTls(unittest.TestCase):
    def ready(self, **changes):
        return json.loads(SECOND.execute("php", "/opt/stack/lib/readyz.php", environment=changes).stdout)["database"]

    def test_another_ca_is_refused(self):
        (WORLD.files / "other-ca.pem").write_text((WORLD.scratch / "other-ca.pem").read_text())
        self.assertEqual(self.ready(DB_SSL_CA="/mnt/files/other-ca.pem")["ok"], False)
        self.assertEqual(self.ready(DB_SSL_CA_PEM=(WORLD.scratch / "other-ca.pem").read_text())["ok"], False)

    def test_another_name_is_refused(self):
        self.assertEqual(self.ready(DB_HOST=DATABASE_ADDRESS)["ok"], False)

    def test_ca_as_text(self):
        self.assertEqual(self.ready(DB_SSL_CA_PEM=(WORLD.scratch / "ca.pem").read_text())["ok"], True)

    def test_without_a_ca_there_is_no_connection(self):
        image = WORLD.build("--canary", "--keep", "9")["tag"]
        self.addCleanup(WORLD.podman.run, "rmi", "--force", image)
        done = WORLD.once("status", image=image)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no CA to verify the database with", done.stderr)

    def test_a_missing_ca_file_is_named(self):
        self.assertIn("DB_SSL_CA names a file that cannot be read: /nowhere.pem", self.ready(DB_SSL_CA="/nowhere.pem")["result"])

    def test_plain_connections_only_when_asked_for(self):
        # The server requires TLS, so "off" must fail there, and with the server's own words.
        self.assertIn("require_secure_transport", self.ready(DB_TLS="off")["result"])
        self.assertIn("it can be verify or off", self.ready(DB_TLS="maybe")["result"])


class DatabaseSettings(unittest.TestCase):
    def test_json_secret(self):
        secret = json.dumps({"host": "db.test", "port": 3306, "dbname": "site", "username": "site", "password": PASSWORD, "engine": "mysql"})
        unset = {"DB_HOST": "", "DB_NAME": "", "DB_USER": "", "DB_PASSWORD": "", "DB_SECRET": secret}
        done = SECOND.execute("site", "status", environment=unset)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["installed"], True)
        # One variable wins over the secret's field.
        done = SECOND.execute("site", "status", environment=unset | {"DB_NAME": "site_that_is_not_there"})
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)

    def test_secret_in_a_file(self):
        (WORLD.files / "password").write_text(PASSWORD + "\n")
        done = SECOND.execute("site", "status", environment={"DB_PASSWORD": "", "DB_PASSWORD_FILE": "/mnt/files/password"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["installed"], True)

    def test_half_of_the_settings_is_an_error_that_names_the_rest(self):
        done = SECOND.execute("site", "status", environment={"DB_USER": ""})
        self.assertEqual(done.returncode, 1)
        self.assertIn("DB_USER is not set", done.stderr)


class GracefulStop(unittest.TestCase):
    def slow_requests(self, pool, task, count, seconds):
        """Requests that are being worked on when this returns."""
        futures = [pool.submit(task.get, f"/slow?s={seconds}") for _ in range(count)]
        wait_for(lambda: task.busy_workers() >= count, "the slow requests to be taken up")
        return futures

    def test_each_signal_finishes_what_is_in_flight(self):
        for stop in (lambda task: task.stop(), lambda task: (task.signal("TERM"), task.wait())[1], lambda task: (task.signal("WINCH"), task.wait())[1]):
            task = WORLD.start()
            with concurrent.futures.ThreadPoolExecutor() as pool:
                slow = self.slow_requests(pool, task, 3, 1)
                self.assertEqual(stop(task), 0)
                self.assertEqual([future.result().status for future in slow], [200, 200, 200])

    def test_a_second_signal_drops_nothing(self):
        task = WORLD.start()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            slow = self.slow_requests(pool, task, 2, 2)
            for name in ("WINCH", "TERM", "TERM", "WINCH"):
                task.signal(name)
            self.assertEqual(task.wait(), 0)
            self.assertEqual([future.result().status for future in slow], [200, 200])

    def test_a_stop_right_after_the_start_is_not_lost(self):
        task = WORLD.start(ready=False)
        self.assertEqual(task.stop(), 0)

    def test_a_task_leaves_under_load_without_a_failed_request(self):
        """Two tasks behind a load balancer of ten lines: deregister, drain, signal, as ECS does."""
        first, second = WORLD.start(), WORLD.start()
        targets, in_flight, guard, done = [first, second], {first: 0, second: 0}, threading.Lock(), threading.Event()
        counts = {first: 0, second: 0}
        failures = []

        def client(number):
            for turn in range(100000):
                if done.is_set():
                    return
                with guard:
                    task = targets[turn % len(targets)]
                    in_flight[task] += 1
                try:
                    answer = task.request("POST", f"/write?id=load-{number}-{turn}")
                    if answer.status != 201:
                        failures.append(answer.text)
                except (OSError, ValueError) as error:
                    failures.append(repr(error))
                finally:
                    with guard:
                        in_flight[task] -= 1
                        counts[task] += 1

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            clients = [pool.submit(client, number) for number in range(4)]
            wait_for(lambda: min(counts.values()) >= 20 or failures, "load on both tasks")
            slow = self.slow_requests(pool, first, 2, 2)
            with guard:
                targets.remove(first)
            wait_for(lambda: in_flight[first] == 0, "the first task to drain")
            code = first.stop()
            reached = counts[second]
            wait_for(lambda: counts[second] >= reached + 20 or failures, "load after the stop")
            done.set()
            concurrent.futures.wait(clients)
        self.assertEqual((code, failures, [future.result().status for future in slow]), (0, [], [200, 200]))
        self.assertGreater(counts[second], counts[first])
        # Not one line of the log is lost at the stop, and not one acknowledged row is missing.
        access = [json.loads(line) for line in first.logs()[0].splitlines()]
        self.assertEqual(sum("POST /write" in line["request"] for line in access), counts[first])
        self.assertEqual(sum("GET /slow" in line["request"] for line in access), 2)
        rows = WORLD.sql("SELECT COUNT(*) FROM site.canary_row WHERE id LIKE 'load-%'")
        self.assertEqual(int(rows), sum(counts.values()))


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.task = SECOND

    def lines(self, marker):
        return [json.loads(line) for line in self.task.logs()[0].splitlines() if marker in line]

    def test_every_line_is_json_whatever_a_client_sends(self):
        agents = [b'quote" back\\slash', b"literal \\x41 \\\\x41 \\v", "na\u00efve \u2603".encode(), b"tab\there", b'","kind":"forged','{"a":1}'.encode()]
        for number, agent in enumerate(agents):
            with self.task.world.namespace.connect(self.task.address, 80) as raw:
                raw.sendall(b"GET /slow?s=0&odd" + str(number).encode() + b" HTTP/1.1\r\nHost: site.test\r\nUser-Agent: " + agent + b"\r\n\r\n")
                self.assertTrue(raw.recv(100).startswith(b"HTTP/1.1 200"))
        with self.task.world.namespace.connect(self.task.address, 80) as raw:
            raw.sendall(b"GET /odd-request\x0b\xff\"\\ HTTP/1.1\r\nHost: site.test\r\n\r\n")
            raw.recv(100)
        found = wait_for(lambda: len(f := self.lines("odd")) == len(agents) + 1 and f, "the log lines")
        for number, agent in enumerate(agents):
            line = next(line for line in found if f"odd{number} " in line["request"])
            self.assertEqual(line["ua"].encode("latin-1"), agent)
            self.assertEqual((line["kind"], line["status"]), ("access", 200))

    def test_fields(self):
        self.task.get("/slow?s=0&fields", X_Forwarded_For="192.0.2.7", X_Forwarded_Proto="https", X_Amzn_Trace_Id="Root=1-abc")
        line = wait_for(lambda: self.lines("fields"), "the log line")[0]
        self.assertEqual((line["request"], line["status"], line["xff"], line["proto"], line["trace"], line["host"]),
                         ("GET /slow?s=0&fields HTTP/1.1", 200, "192.0.2.7", "https", "Root=1-abc", "site.test"))
        self.assertGreater(line["us"], 0)
        self.assertRegex(line["t"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")

    def test_good_health_checks_are_left_out(self):
        self.task.get("/healthz.php")
        self.task.get("/", User_Agent="ELB-HealthChecker/2.0")
        self.task.get("/no-such-page", User_Agent="ELB-HealthChecker/2.0 bad")
        wait_for(lambda: self.lines("HealthChecker/2.0 bad"), "the log line")
        self.assertEqual(self.lines("healthz"), [])
        self.assertEqual(len(self.lines("ELB-HealthChecker")), 1)

    def test_an_error_is_one_line(self):
        self.assertEqual(self.task.get("/boom").status, 500)
        errors = [line for line in self.task.logs()[1].splitlines() if "asked to fail" in line]
        self.assertEqual(len(errors), 1)


class Tasks(unittest.TestCase):
    """install and deploy, as one-off tasks."""

    def test_install_is_idempotent(self):
        environment = WORLD.database(WORLD.create_database("site_install"))
        first = WORLD.once("install", environment=environment)
        self.assertEqual((first.returncode, "install: done" in first.stdout), (0, True), first)
        WORLD.sql("INSERT INTO site_install.canary_row (id, served_by, at) VALUES ('kept', 'test', NOW(6))")
        second = WORLD.once("install", environment=environment)
        self.assertEqual((second.returncode, second.stdout), (0, "install: a site is installed already, nothing to do\n"))
        self.assertEqual(WORLD.sql("SELECT id FROM site_install.canary_row"), "kept\n")

    def test_two_installs_at_once(self):
        environment = WORLD.database(WORLD.create_database("site_race"))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            both = list(pool.map(lambda _: WORLD.once("install", environment=environment), range(2)))
        self.assertEqual([done.returncode for done in both], [0, 0], both)
        self.assertEqual(sorted("nothing to do" in done.stdout for done in both), [False, True])

    def test_deploy_needs_a_site(self):
        done = WORLD.once("deploy", environment=WORLD.database(WORLD.create_database("site_none")))
        self.assertEqual(done.returncode, 3)
        self.assertIn("no site is installed", done.stderr)

    def test_deploy_brings_an_older_database_up_once(self):
        environment = WORLD.database(WORLD.create_database("site_old"), RELEASE="r2")
        WORLD.once("install", environment=environment)
        WORLD.sql("USE site_old; DROP TABLE canary_article; DELETE FROM canary_schema WHERE version = 2")
        done = WORLD.once("deploy", environment=environment)
        self.assertEqual((done.returncode, done.stdout), (0, "deploy: schema 2\ndeploy: done\n"))
        again = WORLD.once("deploy", environment=environment)
        self.assertEqual((again.returncode, again.stdout), (0, "deploy: nothing to do\n"))

    def test_deploy_waits_for_its_lock_and_gives_up_with_4(self):
        holder = holding_the_lock()
        try:
            done = WORLD.once("deploy", environment=WORLD.database(LOCK_WAIT="1"))
            self.assertEqual(done.returncode, 4)
            self.assertIn("another install or deployment is running", done.stderr)
            # Another site on the same server is not held up.
            other = WORLD.database(WORLD.create_database("site_beside"), LOCK_WAIT="1")
            self.assertEqual(WORLD.once("install", environment=other).returncode, 0)
        finally:
            holder.communicate("go\n", timeout=60)
            self.assertEqual(holder.returncode, 0)
        self.assertEqual(WORLD.once("deploy", environment=WORLD.database(LOCK_WAIT="1")).returncode, 0)

    def test_a_release_can_refuse_its_deployment(self):
        self.assertEqual(WORLD.once("deploy", environment=WORLD.database(RELEASE="broken")).returncode, 5)


def holding_the_lock():
    """A process that holds the deploy lock until it reads a line."""
    script = ("require '/opt/stack/lib/lock.php'; $lock = Stack\\DeployLock::acquire(Stack\\Database::fromEnvironment()); "
              "echo $lock ? \"held\\n\" : \"no\\n\"; fgets(STDIN); exit($lock->held() ? 0 : 1);")
    holder = subprocess.Popen([*WORLD.podman.argv, "exec", "--interactive", SECOND.name, "php", "-r", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    return holder


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.first, cls.second = FIRST, SECOND

    def log_in(self):
        done = self.first.execute("site", "login", "--uri=https://site.test/")
        self.assertEqual(done.returncode, 0, done.stderr)
        link = re.fullmatch(r"https://site\.test(/login\?token=([0-9a-f]{64}))\n", done.stdout)
        self.assertIsNotNone(link, done.stdout)
        return link

    def session(self):
        answer = self.first.get(self.log_in().group(1))
        self.assertEqual(answer.status, 303)
        return answer.headers["Set-Cookie"].split(";")[0]

    def test_says_what_it_is_and_who_answered(self):
        for task in (self.first, self.second):
            page = task.get("/")
            self.assertEqual(page.status, 200)
            self.assertIn("<strong>canary site</strong>, not Drupal", page.text)
            host = task.execute("hostname").stdout.strip()
            self.assertEqual(page.headers["X-Served-By"], host)
        state = self.first.get("/api").json
        self.assertEqual(state["served_by"]["release"], "r1")
        self.assertRegex(state["database"]["tls"], r"^TLSv1\.[23]$")

    def test_a_login_link_works_once_and_is_in_no_log(self):
        link = self.log_in()
        self.assertNotEqual(self.first.request("HEAD", link.group(1)).status, 303)
        answer = self.first.get(link.group(1))
        self.assertEqual(answer.status, 303)
        self.assertIn("HttpOnly", answer.headers["Set-Cookie"])
        self.assertEqual(self.second.get(link.group(1)).status, 403)
        lines = wait_for(lambda: (out := self.first.logs()[0]).count("(login link)") and out, "the log")
        self.assertNotIn(link.group(2), lines + self.second.logs()[0])
        self.assertNotIn(link.group(2), WORLD.sql("SELECT * FROM site.canary_login"))

    def test_a_login_token_made_by_the_caller(self):
        token = "a1" * 32
        done = WORLD.once("login", f"--token-sha256={hashlib.sha256(token.encode()).hexdigest()}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.first.get(f"/login?token={token}").status, 303)

    def test_an_article_with_an_image_is_there_in_both_tasks(self):
        cookie = self.session()
        page = self.second.get("/article/new", Cookie=cookie)
        token = re.search(r'name="form_token" value="([0-9a-f]{32})"', page.text).group(1)
        image = png()
        body, headers = form({"form_token": token, "title": "Hello <b>", "body": "text"}, "../../x.php", image)
        answer = self.first.request("POST", "/article/new", body, {**headers, "Cookie": cookie})
        self.assertEqual(answer.status, 303, answer.text)
        article = self.second.get(answer.headers["Location"])
        self.assertIn("Hello &lt;b&gt;", article.text)
        source = re.search(r'<img src="(/sites/default/files/canary/[0-9a-f]+\.png)"', article.text).group(1)
        shown = self.second.get(source)
        self.assertEqual((shown.status, shown.headers["Content-Type"], shown.body), (200, "image/png", image))
        self.assertIn("Hello &lt;b&gt;", self.second.get("/").text)

    def test_writing_needs_a_login_a_form_token_and_a_real_image(self):
        body, headers = form({"title": "x", "form_token": "0" * 32})
        self.assertEqual(self.first.get("/article/new").status, 403)
        self.assertEqual(self.first.request("POST", "/article/new", body, headers).status, 403)
        cookie = self.session()
        self.assertEqual(self.first.request("POST", "/article/new", body, {**headers, "Cookie": cookie}).status, 403)
        token = re.search(r'value="([0-9a-f]{32})"', self.first.get("/article/new", Cookie=cookie).text).group(1)
        body, headers = form({"title": "x", "form_token": token}, "x.png", b"<?php echo 1;")
        answer = self.first.request("POST", "/article/new", body, {**headers, "Cookie": cookie})
        self.assertEqual(answer.status, 422)
        self.assertIn("not a PNG", answer.text)

    def test_nothing_runs_in_the_files_directory(self):
        folder = WORLD.files / "canary"
        folder.mkdir(exist_ok=True)
        for name in ("evil.php", "evil.PHP", "evil.phtml", "evil.php.txt", ".htaccess"):
            (folder / name).write_text("<?php echo 6 * 7;")
            self.assertEqual(self.first.get(f"/sites/default/files/canary/{name}").status, 403, name)
        self.assertEqual(self.first.request("PUT", "/file/evil.php", b"x").status, 404)
        self.assertEqual(self.first.request("PUT", "/file/page.html", b"x").status, 404)

    def test_code_and_configuration_are_not_served(self):
        for path in ("/.htaccess", "/.docroot", "/../canary", "/src/session.php", "/server-status"):
            self.assertIn(self.first.get(path).status, (400, 403, 404), path)

    def test_a_write_is_read_back_through_the_other_task(self):
        start = self.first.get("/api").json["database"]["last_seq"]
        first = self.first.request("POST", "/write?id=one")
        again = self.second.request("POST", "/write?id=one")
        self.assertEqual((first.status, again.status, again.json["seq"]), (201, 201, first.json["seq"]))
        rows = self.second.get(f"/read?from={start}").json["rows"]
        self.assertEqual([row[1] for row in rows if row[1] == "one"], ["one"])
        self.assertEqual(self.first.request("POST", "/write?id=%27").status, 400)

    def test_a_file_is_read_back_through_the_other_task(self):
        content = os.urandom(200_000)
        self.assertEqual(self.first.request("PUT", "/file/a.bin", content).status, 201)
        self.assertEqual(self.second.get("/file/a.bin").json["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(self.second.get("/file/b.bin").status, 404)

    def test_any_task_continues_a_session(self):
        answer = self.first.get("/session")
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        self.assertEqual([answer.json["visits"], self.second.get("/session", Cookie=cookie).json["visits"]], [1, 2])

    def test_forwarded_headers_count_only_from_a_trusted_proxy(self):
        forwarded = {"X_Forwarded_For": "198.51.100.9, 192.0.2.1", "X_Forwarded_Proto": "https"}
        trusted, untrusted = self.first.get("/api", **forwarded).json["client"], self.second.get("/api", **forwarded).json["client"]
        self.assertEqual((trusted["ip"], trusted["secure"]), ("192.0.2.1", True))
        self.assertEqual(untrusted["secure"], False)
        self.assertNotIn(untrusted["ip"], ("198.51.100.9", "192.0.2.1"))

    def test_cron(self):
        self.assertEqual(WORLD.once("cron").returncode, 0)
        self.assertIsNotNone(self.first.get("/api").json["last_cron"])

    def test_instruments_can_be_closed(self):
        task = WORLD.start(environment=WORLD.database(DRILLS="off"))
        self.assertEqual([task.request("POST", "/write").status, task.get("/slow?s=0").status, task.get("/").status], [404, 404, 200])


FAKE_DRUPAL = {
    "composer.json": "{}",
    "vendor/autoload.php": "<?php namespace Symfony\\Component\\HttpFoundation; class Request { const HEADER_X_FORWARDED_AWS_ELB = 26; }",
    "vendor/x/y/tests/left_out.php": "", ".git/config": "", ".env": "SECRET=1", "dump.sql": "", "web/sites/default/settings.local.php": "<?php",
    "web/sites/default/files/upload.txt": "", "web/core/tests/left_out.php": "", "web/core/lib/Drupal.php": "<?php", "web/core/install.php": "<?php echo 'installer';",
    "web/sites/default/default.settings.php": "<?php\n$settings['from_the_site'] = 1;\n?>\n",
    "web/.htaccess": "FallbackResource /index.php\n",
    "web/index.php": "<?php require __DIR__ . '/../vendor/autoload.php'; const DRUPAL_ROOT = __DIR__; require __DIR__ . '/sites/default/settings.php'; "
                     "$databases['default']['default']['password'] = strlen($databases['default']['default']['password']); "
                     "header('Content-Type: application/json'); echo json_encode(compact('settings', 'databases', 'config'));",
    # Records what it is asked for; "installed" is a file on the shared directory.
    "vendor/bin/drush": "#!/usr/bin/env php\n<?php $a = array_slice($argv, 1);\n"
                        "foreach ($a as $w) if (str_starts_with($w, '--config=')) { $o = json_decode(file_get_contents(substr($w, 9)), true); "
                        "$a = ['config', $o['command']['site']['install']['options']['account-pass'], decoct(fileperms(substr($w, 9)) & 0777), ...array_slice($a, 1)]; }\n"
                        "if ($a === ['status', '--field=bootstrap']) { echo is_file('/mnt/files/installed') ? \"Successful\\n\" : ''; exit; }\n"
                        "if ($a === ['status', '--field=config-sync']) { echo \"../config/sync\\n\"; exit; }\n"
                        "echo 'drush ', implode(' ', $a), \"\\n\"; if (in_array('site:install', $a)) touch('/mnt/files/installed');\n"
                        "if (getenv('FAIL') && $a[0] === getenv('FAIL')) exit(9);\n",
}


class DrupalSite(unittest.TestCase):
    """SITE=DIR with the shape of a Drupal project; what belongs to Drupal itself is a stand-in that records what it is asked for."""

    @classmethod
    def setUpClass(cls):
        cls.site = WORLD.scratch / "drupal"
        for name, text in FAKE_DRUPAL.items():
            path = cls.site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (cls.site / "vendor/bin/drush").chmod(0o755)
        cls.image = WORLD.build("--site", cls.site, "--db-ca", WORLD.scratch / "ca.pem", "--keep", "9")["tag"]

    def once(self, *command, **changes):
        return WORLD.once(*command, image=self.image, environment=WORLD.database(**changes))

    def test_the_image_holds_the_site_without_what_production_never_reads(self):
        done = self.once("find", "/app", "-type", "f")
        files = set(done.stdout.split())
        self.assertIn("/app/web/index.php", files)
        for gone in ("left_out.php", ".env", "config", "dump.sql", "settings.local.php", "upload.txt"):
            self.assertEqual([name for name in files if name.endswith("/" + gone)], [], gone)

    def test_settings_come_from_the_environment(self):
        task = WORLD.start(image=self.image, environment=WORLD.database(
            HASH_SALT="salt", TRUSTED_HOSTS="site.test, *.example.org", PROXY_CIDRS="10.0.0.0/16", IMAGE_DIGEST="sha256:1", OUTBOUND="off", DB_PERSISTENT="1"))
        values = task.get("/").json
        settings, database = values["settings"], values["databases"]["default"]["default"]
        self.assertEqual((database["host"], database["port"], database["database"], database["username"], database["password"]),
                         ("db.test", "3306", "site", "site", len(PASSWORD)))
        self.assertIn("/opt/stack/ca/bundle.pem", database["pdo"].values())
        self.assertEqual((settings["hash_salt"], settings["deployment_identifier"], settings["from_the_site"]), ("salt", "sha256:1", 1))
        self.assertEqual(settings["trusted_host_patterns"], [r"^site\.test$", r"^.+\.example\.org$"])
        self.assertEqual((settings["reverse_proxy"], settings["reverse_proxy_addresses"], settings["reverse_proxy_trusted_headers"]), (True, ["10.0.0.0/16"], 26))
        self.assertEqual((settings["config_sync_directory"], settings["file_private_path"]), ("/app/config/sync", "/mnt/private"))
        self.assertEqual((values["config"]["system.advisories"]["enabled"], values["config"]["automated_cron.settings"]["interval"]), (False, 0))
        # The installer is for tasks, not for visitors; a health check never reaches the site's code.
        self.assertEqual(task.get("/core/install.php").status, 403)
        self.assertEqual(task.get("/", User_Agent="ELB-HealthChecker/2.0").text, "ok\n")

    def test_install_and_deploy(self):
        marker = WORLD.files / "installed"
        marker.unlink(missing_ok=True)
        self.assertEqual(self.once("deploy").returncode, 3)
        done = self.once("install", ADMIN_PASSWORD="hidden-1", PROFILE="minimal")
        self.assertEqual((done.returncode, done.stdout), (0, "drush config hidden-1 600 site:install minimal --yes\ninstall: done\n"), done.stderr)
        self.assertIn("nothing to do", self.once("install").stdout)
        done = self.once("deploy")
        self.assertEqual(done.stdout.splitlines(), ["drush updatedb --yes", "deploy: no exported configuration, import left out",
                                                    "drush cache:rebuild", "drush deploy:hook --yes", "deploy: done"])
        done = self.once("deploy", FAIL="cache:rebuild")
        self.assertEqual(done.returncode, 9)
        self.assertNotIn("deploy:hook", done.stdout)
        holder = holding_the_lock()
        try:
            self.assertEqual(self.once("deploy", LOCK_WAIT="1").returncode, 4)
            self.assertEqual(self.once("install", LOCK_WAIT="1").returncode, 4)
        finally:
            holder.communicate("go\n", timeout=60)
            self.assertEqual(holder.returncode, 0)

    def test_code_without_its_packages_needs_composer(self):
        from imagebuild.code import choose_code
        bare = WORLD.scratch / "bare"
        bare.mkdir()
        (bare / "composer.json").write_text("{}")
        code = choose_code(bare, REPOSITORY / "image", offline=True)
        self.assertEqual((code.kind, code.needs_composer), ("project", True))


if __name__ == "__main__":
    outcome = unittest.main(exit=False, verbosity=2).result
    failed, skipped = len(outcome.failures) + len(outcome.errors), len(outcome.skipped)
    # A module that cannot be set up is a failure of no test.
    print(f"{max(0, outcome.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
