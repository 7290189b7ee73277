"""Nobody who uses the site notices: deployments under load, with the engine killed or frozen in the middle. One failed request is a failed test."""

import os
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import balanced  # noqa: E402
import task_test  # noqa: E402

FROZEN = float(os.environ.get("TERRARIUM_TEST_FROZEN", "12"))  # seconds


@unittest.skipUnless(os.geteuid() == 0, "needs root: tasks run in namespaces")
class ZeroFailedTest(balanced.BalancedTest):
    def assert_none_failed(self, load):
        report = load.end()
        self.assertEqual(report["failed"], 0, report)
        self.assertGreater(report["requests"], balanced.RATE)

    def test_a_rolling_deployment(self):
        with balanced.Load(self.engine) as load:
            self.deploy("2")
            self.wait_deployed("2")
            self.assert_none_failed(load)

    def test_the_engine_is_killed_in_the_middle_of_a_deployment(self):
        with balanced.Load(self.engine) as load:
            self.deploy("3")
            task_test.wait_until("a second deployment", lambda: len(self.service()["deployments"]) == 2)
            self.engine.kill("terrariumd")
            self.engine.kill("terrarium-host")
            time.sleep(2)
            self.engine.start()
            self.wait_deployed("3")
            self.assert_none_failed(load)

    def test_the_engine_is_frozen_in_the_middle_of_a_deployment(self):
        with balanced.Load(self.engine) as load:
            self.deploy("4")
            task_test.wait_until("a second deployment", lambda: len(self.service()["deployments"]) == 2)
            frozen = ["terrariumd", "terrarium-host"]
            for name in frozen:
                self.engine.kill(name, signal.SIGSTOP)
            time.sleep(FROZEN)
            for name in frozen:
                self.engine.kill(name, signal.SIGCONT)
            self.wait_deployed("4")
            self.assert_none_failed(load)

    def test_clients_with_idle_connections(self):
        # Seconds between two requests of a connection: it outlives the tasks that were there when it began.
        with balanced.Load(self.engine, 24 / 7, "/", "--keep-alive", "1", "--workers", "24") as load:
            self.deploy("5")
            self.wait_deployed("5")
            report = load.end()
            self.assertEqual(report["failed"], 0, report)

    def test_a_killed_load_balancer_comes_back_though_the_engine_is_frozen(self):
        killed = self.proxies()
        self.assertEqual(len(killed), 2, "one in each zone")
        for name in ("terrariumd", "terrarium-host"):
            self.engine.kill(name, signal.SIGSTOP)
        try:
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            # No connection is refused: it waits until the proxy is there again.
            self.assertEqual([self.get()[0] for _ in range(20)], [200] * 20)
            self.assertFalse(set(self.proxies()) & set(killed))
        finally:
            for name in ("terrariumd", "terrarium-host"):
                self.engine.kill(name, signal.SIGCONT)

    def proxies(self):
        """Pids of this engine's HAProxy processes."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = pathlib.Path("/proc", pid, "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(w.startswith(f"{self.engine.run_dir}/haproxy/".encode()) for w in words) and b"terrarium-keeper" not in words[0]:
                found.append(int(pid))
        return found


if __name__ == "__main__":
    unittest.main()
