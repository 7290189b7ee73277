from .base import ApiError, Service


class Logs(Service):
    name = "logs"

    def group(self, name):
        return self.find("groups", name, "ResourceNotFoundException", "The specified log group does not exist.")

    def by_arn(self, r):
        if r["resourceArn"].endswith(":*"):
            raise ApiError("InvalidParameterException", "a log group's ARN without :* is expected")
        return self.group(r["resourceArn"].split(":log-group:")[1])

    def CreateLogGroup(self, r):
        name = r["logGroupName"]
        group = {"logGroupName": name, "arn": self.arn(f"log-group:{name}:*"), "tags": r.get("tags", {}),
                 "logGroupClass": r.get("logGroupClass", "STANDARD"), "storedBytes": 0}
        if "kmsKeyId" in r:
            group["kmsKeyId"] = r["kmsKeyId"]
        self.add("groups", name, group, "ResourceAlreadyExistsException")

    def DescribeLogGroups(self, r):
        found = [g for n, g in sorted(self.things["groups"].items()) if n.startswith(r["logGroupNamePrefix"])]
        at = int(r.get("nextToken", 0))  # pages of one, so that paging is used
        page = {"logGroups": [{k: v for k, v in g.items() if k != "tags"} for g in found[at:at + 1]]}
        return page | ({"nextToken": str(at + 1)} if at + 1 < len(found) else {})

    def DeleteLogGroup(self, r):
        self.remove("groups", r["logGroupName"], "ResourceNotFoundException")

    def PutRetentionPolicy(self, r):
        self.group(r["logGroupName"])["retentionInDays"] = r["retentionInDays"]

    def DeleteRetentionPolicy(self, r):
        self.group(r["logGroupName"]).pop("retentionInDays", None)

    def AssociateKmsKey(self, r):
        self.group(r["logGroupName"])["kmsKeyId"] = r["kmsKeyId"]

    def DisassociateKmsKey(self, r):
        self.group(r["logGroupName"]).pop("kmsKeyId", None)

    def ListTagsForResource(self, r):
        return {"tags": self.by_arn(r)["tags"]}

    def TagResource(self, r):
        self.by_arn(r)["tags"] |= r["tags"]

    def UntagResource(self, r):
        for key in r["tagKeys"]:
            self.by_arn(r)["tags"].pop(key, None)
