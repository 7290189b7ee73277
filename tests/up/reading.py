"""What Terraform made, read back by the clients that people use."""

import clients
import neighbours


class Reading:
    """With `stack`, an UpStack that is up."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stack.first
        # Clients read the same only of what does not change meanwhile.
        cls.stack.wait_settled()
        # One thing of a kind fills no second page.
        neighbours.make(cls.stack.cloud)
        cls.reports = {}

    def report(self, python):
        if python not in self.reports:
            self.reports[python] = clients.read_back(python, self.stack.engine, self.stack.state_file)
        return self.reports[python]

    def test_boto3_reads_everything(self):
        for python in clients.interpreters():
            with self.subTest(python=python):
                self.assertEqual(self.report(python)["complaints"], [])

    def test_the_aws_cli_reads_the_same(self):
        calls = clients.one_of_each(self.report(clients.DEBIAN_PYTHON)["calls"])
        answers = clients.replay_with_cli(self.stack.engine, calls)
        self.assertGreater(len(answers), 80)
        self.assertEqual(clients.differences(answers), [])

    def test_the_javascript_sdk_reads_the_same(self):
        report = self.report(clients.interpreters()[-1])
        try:
            calls = clients.one_of_each(report["calls"]) + [c for c in report["calls"] if "refused" in c]
            answers, complaints = clients.replay_with_sdk(self.stack.engine, calls, report["account"])
        except clients.Missing as missing:
            self.skipTest(f"the AWS SDK for JavaScript cannot be had: {missing}")
        self.assertEqual(complaints, [])
        self.assertGreater(len(answers), 80)
        self.assertEqual(clients.differences(answers), [])
