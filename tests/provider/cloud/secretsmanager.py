from .base import ApiError, Service, now, retag


class Secretsmanager(Service):
    name = "secretsmanager"

    def secret(self, r):
        for arn, secret in self.things["secrets"].items():
            if r["SecretId"] in (arn, secret["Name"]):
                return secret
        raise ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

    def CreateSecret(self, r):
        if any(s["Name"] == r["Name"] for s in self.things["secrets"].values()):
            raise ApiError("ResourceExistsException", "The operation failed because the secret already exists.")
        arn = self.arn(f"secret:{r['Name']}-{next(self.numbers):06d}")
        self.things["secrets"][arn] = {"ARN": arn, "Name": r["Name"], "Tags": r.get("Tags", []), "versions": {}, "policy": None,
                                       **{k: r[k] for k in ("Description", "KmsKeyId") if k in r}}
        return {"ARN": arn, "Name": r["Name"]}

    def DescribeSecret(self, r):
        secret = self.secret(r)
        stages = {v: one["stages"] for v, one in secret["versions"].items() if one["stages"]}
        return {k: v for k, v in secret.items() if k not in ("versions", "policy")} | {"VersionIdsToStages": stages}

    def UpdateSecret(self, r):
        self.secret(r).update({k: r[k] for k in ("Description", "KmsKeyId") if k in r})
        if self.secret(r).get("KmsKeyId") == "":
            del self.secret(r)["KmsKeyId"]

    def DeleteSecret(self, r):
        secret = self.secret(r)
        if r.get("ForceDeleteWithoutRecovery"):
            del self.things["secrets"][secret["ARN"]]
        else:
            secret["DeletedDate"] = now()

    def GetResourcePolicy(self, r):
        policy = self.secret(r)["policy"]
        return {"ARN": self.secret(r)["ARN"]} | ({"ResourcePolicy": policy} if policy else {})

    def PutResourcePolicy(self, r):
        self.secret(r)["policy"] = r["ResourcePolicy"]

    def DeleteResourcePolicy(self, r):
        self.secret(r)["policy"] = None

    def TagResource(self, r):
        self.secret(r)["Tags"] = retag(self.secret(r)["Tags"], add=r["Tags"])

    def UntagResource(self, r):
        self.secret(r)["Tags"] = retag(self.secret(r)["Tags"], remove=r["TagKeys"])

    def PutSecretValue(self, r):
        secret = self.secret(r)
        for stage in r.get("VersionStages", ["AWSCURRENT"]):
            for one in secret["versions"].values():
                if stage in one["stages"]:
                    one["stages"].remove(stage)
        version = r["ClientRequestToken"]
        secret["versions"][version] = {"stages": list(r.get("VersionStages", ["AWSCURRENT"])),
                                       **{k: r[k] for k in ("SecretString", "SecretBinary") if k in r}}
        return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version}

    def GetSecretValue(self, r):
        secret = self.secret(r)
        if "DeletedDate" in secret:
            raise ApiError("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
        one = secret["versions"].get(r["VersionId"])
        if not one:
            raise ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.")
        return {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": r["VersionId"], "VersionStages": one["stages"],
                **{k: one[k] for k in ("SecretString", "SecretBinary") if k in one}}

    def UpdateSecretVersionStage(self, r):
        versions = self.secret(r)["versions"]
        if "RemoveFromVersionId" in r:
            versions[r["RemoveFromVersionId"]]["stages"].remove(r["VersionStage"])
        if "MoveToVersionId" in r:
            versions[r["MoveToVersionId"]]["stages"].append(r["VersionStage"])

    def GetRandomPassword(self, r):
        return {"RandomPassword": f"{next(self.numbers):0{r.get('PasswordLength', 32)}d}"}
