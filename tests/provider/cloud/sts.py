from .base import ACCOUNT, Service


class Sts(Service):
    name = "sts"

    def GetCallerIdentity(self, _):
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/tester", "UserId": "AIDATESTER0000000000"}
