"""The judge is strict: each defect that it is there for is planted in an answer that was right."""

import json
import unittest

from clients import differences
from wire_model import WireModel

ACCOUNT = "123456789012"


class JsonTest(unittest.TestCase):
    def judge(self, **changes):
        cluster = {"clusterArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c", "clusterName": "c", "runningTasksCount": 1, "settings": [{"name": "containerInsights", "value": "disabled"}], **changes}
        body = json.dumps({"clusters": [cluster], "failures": []}).encode()
        return WireModel("ecs", ACCOUNT, "us-east-1").complaints("DescribeClusters", 200, "application/x-amz-json-1.1", body)

    def test_right(self):
        self.assertEqual(self.judge(), [])

    def test_defects(self):
        for changes, said in [
            ({"colour": "red"}, "Cluster has no member colour"),
            ({"runningTasksCount": "1"}, "'1' is no integer"),
            ({"runningTasksCount": True}, "True is no integer"),
            ({"settings": [{"name": "containerColour"}]}, "is none of containerInsights"),
            ({"clusterArn": "cluster/c"}, "is no ARN"),
            ({"clusterArn": "arn:aws:ecs:us-east-1:000000000001:cluster/c"}, "is of account '000000000001'"),
            ({"clusterArn": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/c"}, "is of region 'eu-west-1'"),
            ({"clusterName": None}, "null"),
        ]:
            with self.subTest(said=said):
                self.assertIn(said, "\n".join(self.judge(**changes)))

    def test_times_and_content_type(self):
        model = WireModel("kms", ACCOUNT, "us-east-1")
        key = {"KeyMetadata": {"KeyId": "1", "CreationDate": 1764000000000}}
        said = "\n".join(model.complaints("DescribeKey", 200, "application/json", json.dumps(key).encode()))
        self.assertIn("is no time in seconds", said)
        self.assertIn("application/json, not application/x-amz-json-1.1", said)

    def test_errors(self):
        model = WireModel("ecs", ACCOUNT, "us-east-1")
        answer = lambda code, message: model.complaints("DescribeServices", 400, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode())  # noqa: E731
        self.assertEqual(answer("ClusterNotFoundException", "Cluster not found."), [])
        self.assertIn("none that the operation answers", answer("NoSuchClusterException", "x")[0])
        self.assertIn("says nothing", answer("ClusterNotFoundException", "")[0])


class XmlTest(unittest.TestCase):
    def judge(self, inner, operation="DescribeVpcs"):
        body = f'<{operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>{inner}</{operation}Response>'
        return "\n".join(WireModel("ec2", ACCOUNT, "us-east-1").complaints(operation, 200, "text/xml;charset=UTF-8", body.encode()))

    def test_right(self):
        self.assertEqual(self.judge("<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>false</isDefault><state>available</state></item></vpcSet>"), "")

    def test_defects(self):
        for inner, said in [
            ("<vpcs/>", "has no member vpcs"),
            ("<vpcSet><member><vpcId>vpc-1</vpcId></member></vpcSet>", "holds member"),
            ("<vpcSet><item><VpcId>vpc-1</VpcId></item></vpcSet>", "Vpc has no member VpcId"),
            ("<vpcSet><item><isDefault>no</isDefault></item></vpcSet>", "'no' is no boolean"),
            ("<vpcSet><item><state>ready</state></item></vpcSet>", "'ready' is none of"),
            ("<vpcSet><item><vpcId>a</vpcId><vpcId>b</vpcId></item></vpcSet>", "2 times"),
        ]:
            with self.subTest(said=said):
                self.assertIn(said, self.judge(inner))

    def test_query_wrapper(self):
        model = WireModel("iam", ACCOUNT, "us-east-1")
        root = '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">%s</ListUsersResponse>'
        said = lambda inner: "\n".join(model.complaints("ListUsers", 200, "text/xml", (root % inner).encode()))  # noqa: E731
        good = "<ListUsersResult><IsTruncated>false</IsTruncated><Users/></ListUsersResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        self.assertEqual(said(good), "")
        self.assertIn("has no ListUsersResult", said("<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"))
        self.assertIn("has no request id", said("<ListUsersResult><Users/></ListUsersResult>"))
        self.assertIn("lacks Users", said("<ListUsersResult/>"))


class DifferencesTest(unittest.TestCase):
    def differ(self, mine, theirs, operation="ListRoles"):
        return differences([({"service": "iam", "operation": operation, "answer": mine}, theirs)])

    def test_the_same_in_other_forms(self):
        self.assertEqual(self.differ({"At": "2026-11-25T10:00:00+00:00", "Document": {"a": 1}, "Tags": []}, {"At": "2026-11-25T10:00:00.000Z", "Document": "%7B%22a%22%3A1%7D", "New": 1}), [])

    def test_differences(self):
        self.assertIn("'a' for boto3, 'b' here", self.differ({"Roles": [{"Name": "a"}]}, {"Roles": [{"Name": "b"}]})[0])
        self.assertIn("2 for boto3, 1 here", self.differ({"Roles": ["a", "b"]}, {"Roles": ["a"]})[0])
        self.assertEqual(len(self.differ({"At": "2026-11-25T10:00:00+00:00"}, {"At": "2026-11-25T10:00:01Z"})), 1)
        # What is made anew is compared by its form.
        self.assertEqual(self.differ({"RandomPassword": "a"}, {"RandomPassword": "b"}, "GetRandomPassword"), [])
        self.assertEqual(len(self.differ({"RandomPassword": "a"}, {"RandomPassword": 1}, "GetRandomPassword")), 1)


if __name__ == "__main__":
    unittest.main()
