from .base import ACCOUNT, ApiError, Service, now, retag

POLICY = '{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}' % ACCOUNT


class Kms(Service):
    name = "kms"
    always_there = ("going",)  # a key is never gone at once

    def key(self, r):
        wanted = r["KeyId"].rsplit("/", 1)[-1]
        if wanted in self.things["going"]:
            return self.things["going"][wanted]
        return self.find("keys", wanted, "NotFoundException", f"Key '{wanted}' does not exist")

    def living(self, r):
        key = self.key(r)
        if key["meta"]["KeyState"] != "Enabled":
            raise ApiError("KMSInvalidStateException", f"{key['meta']['Arn']} is {key['meta']['KeyState'].lower()}.")
        return key

    def CreateKey(self, r):
        id_ = f"00000000-0000-0000-0000-{next(self.numbers):012d}"
        meta = {"KeyId": id_, "Arn": self.arn(f"key/{id_}"), "AWSAccountId": ACCOUNT, "CreationDate": now(), "Enabled": True, "KeyState": "Enabled", "KeyManager": "CUSTOMER",
                "Description": r.get("Description", ""), "KeyUsage": r.get("KeyUsage", "ENCRYPT_DECRYPT"), "KeySpec": r.get("KeySpec", "SYMMETRIC_DEFAULT"),
                "Origin": "AWS_KMS", "MultiRegion": r.get("MultiRegion", False), **{k: r[k] for k in ("CustomKeyStoreId",) if k in r}}
        self.things["keys"][id_] = {"meta": meta, "policy": r.get("Policy", POLICY), "tags": r.get("Tags", []), "rotation": None}
        return {"KeyMetadata": meta}

    def DescribeKey(self, r):
        return {"KeyMetadata": self.key(r)["meta"]}

    def GetKeyPolicy(self, r):
        return {"Policy": self.key(r)["policy"], "PolicyName": r["PolicyName"]}

    def PutKeyPolicy(self, r):
        self.living(r)["policy"] = r["Policy"]

    def GetKeyRotationStatus(self, r):
        period = self.key(r)["rotation"]
        return {"KeyRotationEnabled": period is not None} | ({"RotationPeriodInDays": period} if period else {})

    def EnableKeyRotation(self, r):
        self.living(r)["rotation"] = r.get("RotationPeriodInDays", 365)

    def DisableKeyRotation(self, r):
        self.living(r)["rotation"] = None

    def EnableKey(self, r):
        self.key(r)["meta"].update(Enabled=True, KeyState="Enabled")

    def DisableKey(self, r):
        self.living(r)["meta"].update(Enabled=False, KeyState="Disabled")

    def UpdateKeyDescription(self, r):
        self.living(r)["meta"]["Description"] = r["Description"]

    def ScheduleKeyDeletion(self, r):
        key = self.key(r)
        key["meta"].update(Enabled=False, KeyState="PendingDeletion", DeletionDate=now())
        self.things["going"][key["meta"]["KeyId"]] = self.things["keys"].pop(key["meta"]["KeyId"])
        return {"KeyId": key["meta"]["Arn"], "PendingWindowInDays": r.get("PendingWindowInDays", 30)}

    def ListResourceTags(self, r):
        return self.page(r, self.key(r)["tags"], "Tags")

    def TagResource(self, r):
        self.key(r)["tags"] = retag(self.key(r)["tags"], add=r["Tags"], key="TagKey")

    def UntagResource(self, r):
        self.key(r)["tags"] = retag(self.key(r)["tags"], remove=r["TagKeys"], key="TagKey")

    def CreateAlias(self, r):
        key = self.key({"KeyId": r["TargetKeyId"]})
        self.add("aliases", r["AliasName"], {"AliasName": r["AliasName"], "AliasArn": self.arn(r["AliasName"]), "TargetKeyId": key["meta"]["KeyId"]}, "AlreadyExistsException")

    def UpdateAlias(self, r):
        self.find("aliases", r["AliasName"], "NotFoundException")["TargetKeyId"] = self.key({"KeyId": r["TargetKeyId"]})["meta"]["KeyId"]

    def DeleteAlias(self, r):
        self.remove("aliases", r["AliasName"], "NotFoundException")

    def ListAliases(self, r):
        return self.page(r, [{"AliasName": "alias/aws/rds", "AliasArn": self.arn("alias/aws/rds")}, *self.things["aliases"].values()], "Aliases")

    @staticmethod
    def page(r, everything, member):
        """Pages of one, so that paging is used."""
        at = int(r.get("Marker", 0))
        rest = at + 1 < len(everything)
        return {member: everything[at:at + 1], "Truncated": rest} | ({"NextMarker": str(at + 1)} if rest else {})
