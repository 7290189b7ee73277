import urllib.parse

from .base import ApiError, Service, now, retag


class Iam(Service):
    name = "iam"

    def role(self, request):
        return self.find("roles", request["RoleName"], "NoSuchEntity",
                         f"The role with name {request['RoleName']} cannot be found.")

    def CreateRole(self, r):
        name, path = r["RoleName"], r.get("Path", "/")
        role = {"RoleName": name, "Path": path, "Arn": self.arn(f"role{path}{name}", region=""),
                "RoleId": f"AROA{next(self.numbers):017d}", "CreateDate": now(), "Inline": {}, "Attached": [],
                "AssumeRolePolicyDocument": urllib.parse.quote(r["AssumeRolePolicyDocument"], safe=""),
                "MaxSessionDuration": r.get("MaxSessionDuration", 3600), "Tags": r.get("Tags", [])}
        if "Description" in r:
            role["Description"] = r["Description"]
        if "PermissionsBoundary" in r:
            role["PermissionsBoundary"] = self.boundary(r["PermissionsBoundary"])
        return {"Role": self.shown(self.add("roles", name, role, "EntityAlreadyExists"))}

    @staticmethod
    def boundary(arn):
        return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}

    @staticmethod
    def shown(role):
        return {k: v for k, v in role.items() if k not in ("Inline", "Attached")}

    def GetRole(self, r):
        return {"Role": self.shown(self.role(r))}

    def UpdateRole(self, r):
        role = self.role(r)
        role["MaxSessionDuration"] = r.get("MaxSessionDuration", 3600)
        role.pop("Description", None)
        if r.get("Description"):
            role["Description"] = r["Description"]
        return {}

    def UpdateAssumeRolePolicy(self, r):
        self.role(r)["AssumeRolePolicyDocument"] = urllib.parse.quote(r["PolicyDocument"], safe="")

    def PutRolePermissionsBoundary(self, r):
        self.role(r)["PermissionsBoundary"] = self.boundary(r["PermissionsBoundary"])

    def DeleteRolePermissionsBoundary(self, r):
        self.role(r).pop("PermissionsBoundary", None)

    def TagRole(self, r):
        role = self.role(r)
        role["Tags"] = retag(role["Tags"], add=r["Tags"])

    def UntagRole(self, r):
        role = self.role(r)
        role["Tags"] = retag(role["Tags"], remove=r["TagKeys"])

    def DeleteRole(self, r):
        role = self.role(r)
        if role["Inline"] or role["Attached"]:
            raise ApiError("DeleteConflict", "Cannot delete entity, must detach all policies first.")
        del self.things["roles"][r["RoleName"]]

    def PutRolePolicy(self, r):
        self.role(r)["Inline"][r["PolicyName"]] = urllib.parse.quote(r["PolicyDocument"], safe="")

    def GetRolePolicy(self, r):
        inline = self.role(r)["Inline"]
        if r["PolicyName"] not in inline:
            raise ApiError("NoSuchEntity", "The role policy cannot be found.")
        return {"RoleName": r["RoleName"], "PolicyName": r["PolicyName"], "PolicyDocument": inline[r["PolicyName"]]}

    def DeleteRolePolicy(self, r):
        self.GetRolePolicy(r)
        del self.role(r)["Inline"][r["PolicyName"]]

    def ListRolePolicies(self, r):
        return {"PolicyNames": sorted(self.role(r)["Inline"]), "IsTruncated": False}

    def AttachRolePolicy(self, r):
        attached = self.role(r)["Attached"]
        if r["PolicyArn"] not in attached:
            attached.append(r["PolicyArn"])

    def DetachRolePolicy(self, r):
        attached = self.role(r)["Attached"]
        if r["PolicyArn"] not in attached:
            raise ApiError("NoSuchEntity", "The policy is not attached.")
        attached.remove(r["PolicyArn"])

    def ListAttachedRolePolicies(self, r):
        return {"AttachedPolicies": [{"PolicyName": a.split("/")[-1], "PolicyArn": a} for a in self.role(r)["Attached"]],
                "IsTruncated": False}

    # Managed policies, their versions newest last.
    def policy(self, request):
        return self.find("policies", request["PolicyArn"], "NoSuchEntity")

    def CreatePolicy(self, r):
        name, path = r["PolicyName"], r.get("Path", "/")
        arn = self.arn(f"policy{path}{name}", region="")
        policy = {"PolicyName": name, "PolicyId": f"ANPA{next(self.numbers):017d}", "Arn": arn, "Path": path,
                  "CreateDate": now(), "Tags": r.get("Tags", []), "AttachmentCount": 0, "next": 2, "DefaultVersionId": "v1",
                  "versions": {"v1": urllib.parse.quote(r["PolicyDocument"], safe="")}}
        if "Description" in r:
            policy["Description"] = r["Description"]
        return {"Policy": self.shown_policy(self.add("policies", arn, policy, "EntityAlreadyExists"))}

    @staticmethod
    def shown_policy(policy):
        return {k: v for k, v in policy.items() if k not in ("versions", "next")}

    def GetPolicy(self, r):
        return {"Policy": self.shown_policy(self.policy(r))}

    def GetPolicyVersion(self, r):
        policy = self.policy(r)
        return {"PolicyVersion": {"VersionId": r["VersionId"], "Document": policy["versions"][r["VersionId"]],
                                  "IsDefaultVersion": r["VersionId"] == policy["DefaultVersionId"], "CreateDate": now()}}

    def ListPolicyVersions(self, r):
        policy = self.policy(r)
        return {"Versions": [{"VersionId": v, "IsDefaultVersion": v == policy["DefaultVersionId"], "CreateDate": now()}
                             for v in reversed(policy["versions"])], "IsTruncated": False}

    def CreatePolicyVersion(self, r):
        policy = self.policy(r)
        if len(policy["versions"]) == 5:
            raise ApiError("LimitExceeded", "A managed policy can have up to 5 versions.")
        version = f"v{policy['next']}"
        policy["next"] += 1
        policy["versions"][version] = urllib.parse.quote(r["PolicyDocument"], safe="")
        if r.get("SetAsDefault"):
            policy["DefaultVersionId"] = version
        return {"PolicyVersion": {"VersionId": version}}

    def DeletePolicyVersion(self, r):
        policy = self.policy(r)
        if r["VersionId"] == policy["DefaultVersionId"]:
            raise ApiError("DeleteConflict", "Cannot delete the default version of a policy.")
        del policy["versions"][r["VersionId"]]

    def DeletePolicy(self, r):
        if len(self.policy(r)["versions"]) > 1:
            raise ApiError("DeleteConflict", "This policy has more than one version.")
        del self.things["policies"][r["PolicyArn"]]

    def TagPolicy(self, r):
        policy = self.policy(r)
        policy["Tags"] = retag(policy["Tags"], add=r["Tags"])

    def UntagPolicy(self, r):
        policy = self.policy(r)
        policy["Tags"] = retag(policy["Tags"], remove=r["TagKeys"])
