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


if __name__ == "__main__":
    unittest.main()
