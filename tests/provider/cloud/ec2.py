from .base import ACCOUNT, ApiError, Service, retag

DEFAULT_EGRESS = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
SOURCES = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId", "UserIdGroupPairs": "GroupId"}


def tags_of(request):
    return [t for spec in request.get("TagSpecifications", []) for t in spec["Tags"]]


def singles(permissions):
    """(head, source kind, source) → description of each."""
    out = {}
    for p in permissions:
        head = (p["IpProtocol"], p.get("FromPort"), p.get("ToPort"))
        for kind, name in SOURCES.items():
            for source in p.get(kind, []):
                out[head + (kind, source[name])] = source.get("Description")
    return out


def grouped(rules):
    """As EC2 answers: one permission for each protocol and port range."""
    heads = {}
    for (protocol, low, high, kind, source), description in rules.items():
        p = heads.setdefault((protocol, low, high), {"IpProtocol": protocol, **{k: [] for k in SOURCES}})
        if low is not None:
            p["FromPort"], p["ToPort"] = low, high
        p[kind].append({SOURCES[kind]: source} | ({"Description": description} if description else {}))
    return list(heads.values())


class Ec2(Service):
    name = "ec2"
    always_there = ("always",)

    def every(self):
        for kind, things in self.things.items():
            if kind not in self.always_there:
                yield from things.items()

    def CreateTags(self, r):
        for key, thing in self.every():
            if key in r["Resources"]:
                thing["Tags"] = retag(thing["Tags"], add=r["Tags"])

    def DeleteTags(self, r):
        for key, thing in self.every():
            if key in r["Resources"]:
                thing["Tags"] = retag(thing["Tags"], remove=[t["Key"] for t in r["Tags"]])

    def described(self, kind, ids, code):
        return [self.find(kind, i, code) for i in ids] if ids else list(self.things[kind].values())

    # Security groups; their rules as {single: description}.
    def group(self, request):
        return self.find("security_groups", request["GroupId"], "InvalidGroup.NotFound",
                         f"The security group '{request['GroupId']}' does not exist")

    @staticmethod
    def shown_group(g):
        return {k: v for k, v in g.items() if k not in ("in", "out")} | {
            "IpPermissions": grouped(g["in"]), "IpPermissionsEgress": grouped(g["out"])}

    def CreateSecurityGroup(self, r):
        vpc = r.get("VpcId", "vpc-0default")
        if any(g["GroupName"] == r["GroupName"] and g["VpcId"] == vpc for g in self.things["security_groups"].values()):
            raise ApiError("InvalidGroup.Duplicate", f"The security group '{r['GroupName']}' already exists")
        key = self.make_id("sg")
        self.add("security_groups", key, {
            "GroupId": key, "GroupName": r["GroupName"], "Description": r["Description"], "VpcId": vpc, "OwnerId": ACCOUNT,
            "SecurityGroupArn": self.arn(f"security-group/{key}"), "Tags": tags_of(r), "in": {},
            "out": singles([DEFAULT_EGRESS])})
        return {"GroupId": key}

    def DescribeSecurityGroups(self, r):
        return {"SecurityGroups": [self.shown_group(g) for g in
                                   self.described("security_groups", r.get("GroupIds"), "InvalidGroup.NotFound")]}

    def DeleteSecurityGroup(self, r):
        self.remove("security_groups", r["GroupId"], "InvalidGroup.NotFound")

    def authorize(self, r, direction):
        rules = self.group(r)[direction]
        added = singles(r["IpPermissions"])
        if set(added) & set(rules):
            raise ApiError("InvalidPermission.Duplicate", "the specified rule already exists")
        rules.update(added)
        return {"Return": True}

    def revoke(self, r, direction):
        rules = self.group(r)[direction]
        for one in singles(r["IpPermissions"]):
            if one not in rules:
                raise ApiError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
            del rules[one]
        return {"Return": True}

    def AuthorizeSecurityGroupIngress(self, r):
        return self.authorize(r, "in")

    def AuthorizeSecurityGroupEgress(self, r):
        return self.authorize(r, "out")

    def RevokeSecurityGroupIngress(self, r):
        return self.revoke(r, "in")

    def RevokeSecurityGroupEgress(self, r):
        return self.revoke(r, "out")
