"""Load balancers and nothing behind them: several at one door, and what is left when they go."""

import os
import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import balanced  # noqa: E402
import task_test  # noqa: E402


@unittest.skipUnless(os.geteuid() == 0, "needs root: proxies run in namespaces")
class BalancersTest(balanced.BalancedTest):
    desired = 0

    def fixed(self, name, status):
        """The ARN of another load balancer that answers everything with that status."""
        arn = self.elb.create_load_balancer(Name=name, Subnets=[self.subnet, self.second], SecurityGroups=[self.front], Scheme="internet-facing")["LoadBalancers"][0]["LoadBalancerArn"]
        self.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": str(status), "ContentType": "text/plain", "MessageBody": name}}])
        return arn

    def interfaces(self):
        return [e["NetworkInterfaceId"] for e in self.ec2.describe_network_interfaces()["NetworkInterfaces"] if e["Description"].startswith("ELB ")]

    def test_several_share_the_door_by_host_and_leave_nothing_behind(self):
        self.assertEqual(self.elb.describe_load_balancers(LoadBalancerArns=[self.balancer])["LoadBalancers"][0]["CanonicalHostedZoneId"], "Z35SXDOTRQ7X7K")
        task_test.wait_until("503 of the first", lambda: self.get()[0] == 503)
        shop = self.fixed("shop", 299)
        name = self.elb.describe_load_balancers(LoadBalancerArns=[shop])["LoadBalancers"][0]["DNSName"]
        task_test.wait_until("the second by its name", lambda: self.get(host=f"shop.elb.localhost:{self.engine.door}") == (299, "shop"))
        self.assertEqual(self.get(host=name)[0], 299)
        self.assertEqual(self.get()[0], 503, "the first has what names none")
        self.assertEqual(self.get(host="web.elb.localhost")[0], 503)
        self.elb.delete_load_balancer(LoadBalancerArn=shop)
        task_test.wait_until("the second's end", lambda: len(self.proxies()) == 2 and len(self.interfaces()) == 2)
        self.assertEqual(self.get(host="shop.elb.localhost")[0], 503)

        other = self.fixed("other", 298)
        task_test.wait_until("four proxies", lambda: len(self.proxies()) == 4)
        # A state without it comes back, as from a backup: its proxies are nobody's.
        self.engine._end("terrariumd")
        with sqlite3.connect(self.engine.state_dir / "engine/state.db") as state:
            for table in ("elbv2_load_balancer", "elbv2_listener"):
                state.execute(f"DELETE FROM {table} WHERE key LIKE ?", ("%/" + other.rsplit("/", 1)[1] + "%",))
        state.close()
        self.engine.start()
        task_test.wait_until("the orphans' end", lambda: len(self.proxies()) == 2)

        self.elb.delete_load_balancer(LoadBalancerArn=self.balancer)
        task_test.wait_until("the end of all", lambda: not self.proxies() and not list((self.engine.run_dir / "haproxy").iterdir()))


if __name__ == "__main__":
    unittest.main()
