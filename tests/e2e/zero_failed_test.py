"""Nobody who uses the site notices: deployments under load, with the engine killed or frozen in the middle. One failed request is a failed test."""

import os
import pathlib
import signal
import subprocess
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

    def test_a_killed_node_comes_back_at_once_and_nobody_is_refused(self):
        self.engine.kill("terrariumd", signal.SIGSTOP)
        try:
            for _ in range(3):
                pid = self.engine.kill("terrarium-node")
                # No connection is refused: it waits in the door's queue.
                self.assertEqual([self.get()[0] for _ in range(10)], [200] * 10)
                self.assertNotEqual(self.engine._pid("terrarium-node"), pid)
        finally:
            self.engine.kill("terrariumd", signal.SIGCONT)
        # The same after terrarium-host has changed: it fetches copies of the sockets from the node.
        self.engine.kill("terrarium-host")
        self.engine.start()
        node = self.engine._pid("terrarium-node")
        task_test.wait_until("the new terrarium-host to know the node", lambda: self.holds_door("terrarium-host"))
        self.engine.kill("terrarium-node")
        self.assertEqual([self.get()[0] for _ in range(10)], [200] * 10)
        self.assertNotEqual(self.engine._pid("terrarium-node"), node)

    def test_the_door_uses_every_zone_and_goes_round_a_dead_one(self):
        enis = self.ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [self.subnet]}])["NetworkInterfaces"]
        eni = next(e["NetworkInterfaceId"] for e in enis if e["Description"].startswith("ELB app/web/"))

        def nft(*rule):
            subprocess.run(["ip", "netns", "exec", f"trm-{self.engine.instance}-{eni}", "nft", *rule], check=True)
        with balanced.Load(self.engine, 50, "/", "--keep-alive", "0") as load:
            nft("add", "table", "ip", "drill")
            try:
                nft("add", "chain", "ip", "drill", "cut", "{ type filter hook input priority 0; policy drop; }")  # nothing comes in, and nothing is refused
                self.assertEqual([self.get()[0] for _ in range(6)], [200] * 6)
                report = load.end()
            finally:
                nft("delete", "table", "ip", "drill")
        # What was under way there has failed, and nothing else.
        self.assertLessEqual(report["failed"], 2, report)

    def holds_door(self, name):
        """Whether that program of the engine has the door's listening socket."""
        port = f"{self.engine.door:04X}"
        inode = next((line.split()[9] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines() if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"), None)
        pid = self.engine._pid(name)  # none while it has not written its own down
        fds = pathlib.Path("/proc", str(pid), "fd")
        return pid is not None and any(os.readlink(fd) == f"socket:[{inode}]" for fd in fds.iterdir() if fd.is_symlink())


if __name__ == "__main__":
    unittest.main()
