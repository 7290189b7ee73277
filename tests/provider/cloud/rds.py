from .base import ApiError, Service, retag

VERSIONS = ("8.0.43", "8.4.3", "8.4.6", "9.7.0")


class Rds(Service):
    name = "rds"
    pending = False

    def by_arn(self, r):
        for kind, arn in (("instances", "DBInstanceArn"), ("subnet_groups", "DBSubnetGroupArn"), ("parameter_groups", "DBParameterGroupArn")):
            for thing in self.things[kind].values():
                if thing[arn] == r["ResourceName"]:
                    return thing
        raise ApiError("InvalidParameterValue", "no such resource")

    def ListTagsForResource(self, r):
        return {"TagList": self.by_arn(r)["tags"]}

    def AddTagsToResource(self, r):
        self.by_arn(r)["tags"] = retag(self.by_arn(r)["tags"], add=r["Tags"])

    def RemoveTagsFromResource(self, r):
        self.by_arn(r)["tags"] = retag(self.by_arn(r)["tags"], remove=r["TagKeys"])

    @staticmethod
    def shown(thing):
        return {k: v for k, v in thing.items() if k not in ("tags", "parameters")}

    # Subnet groups.
    def CreateDBSubnetGroup(self, r):
        name = r["DBSubnetGroupName"]
        self.add("subnet_groups", name, {
            "DBSubnetGroupName": name, "DBSubnetGroupDescription": r["DBSubnetGroupDescription"], "VpcId": "vpc-0default",
            "DBSubnetGroupArn": self.arn(f"subgrp:{name}"), "Subnets": [{"SubnetIdentifier": s} for s in r["SubnetIds"]],
            "SupportedNetworkTypes": ["IPV4"], "tags": r.get("Tags", [])}, "DBSubnetGroupAlreadyExists")

    def DescribeDBSubnetGroups(self, r):
        return {"DBSubnetGroups": [self.shown(self.find("subnet_groups", r["DBSubnetGroupName"], "DBSubnetGroupNotFoundFault"))]}

    def ModifyDBSubnetGroup(self, r):
        group = self.find("subnet_groups", r["DBSubnetGroupName"], "DBSubnetGroupNotFoundFault")
        group["DBSubnetGroupDescription"] = r["DBSubnetGroupDescription"]
        group["Subnets"] = [{"SubnetIdentifier": s} for s in r["SubnetIds"]]

    def DeleteDBSubnetGroup(self, r):
        self.remove("subnet_groups", r["DBSubnetGroupName"], "DBSubnetGroupNotFoundFault")

    # Parameter groups.
    def group(self, r):
        return self.find("parameter_groups", r["DBParameterGroupName"], "DBParameterGroupNotFound")

    def CreateDBParameterGroup(self, r):
        name = r["DBParameterGroupName"]
        self.add("parameter_groups", name, {
            "DBParameterGroupName": name, "DBParameterGroupFamily": r["DBParameterGroupFamily"], "Description": r["Description"],
            "DBParameterGroupArn": self.arn(f"pg:{name}"), "parameters": {}, "tags": r.get("Tags", [])}, "DBParameterGroupAlreadyExists")

    def DescribeDBParameterGroups(self, r):
        return {"DBParameterGroups": [self.shown(self.group(r))]}

    def DescribeDBParameters(self, r):
        """Two pages; a default among them."""
        mine = [p | {"Source": "user"} for p in self.group(r)["parameters"].values()]
        if "Marker" in r:
            return {"Parameters": mine[1:]}
        defaults = [] if r.get("Source") == "user" else [{"ParameterName": "autocommit", "ParameterValue": "1", "Source": "engine-default"}]
        return {"Parameters": defaults + mine[:1]} | ({"Marker": "2"} if len(mine) > 1 else {})

    def ModifyDBParameterGroup(self, r):
        if len(r["Parameters"]) > 20:
            raise ApiError("InvalidParameterValue", "at most 20 parameters")
        for p in r["Parameters"]:
            self.group(r)["parameters"][p["ParameterName"]] = p
        return {"DBParameterGroupName": r["DBParameterGroupName"]}

    def ResetDBParameterGroup(self, r):
        for p in r["Parameters"]:
            self.group(r)["parameters"].pop(p["ParameterName"])
        return {"DBParameterGroupName": r["DBParameterGroupName"]}

    def DeleteDBParameterGroup(self, r):
        self.group(r)
        del self.things["parameter_groups"][r["DBParameterGroupName"]]

    # Instances.
    def instance(self, name):
        return self.find("instances", name, "DBInstanceNotFound", f"DBInstance {name} not found.")

    def CreateDBInstance(self, r):
        name = r["DBInstanceIdentifier"]
        version = r.get("EngineVersion", "8.4")
        plain = {k: v for k, v in r.items() if k not in (
            "Tags", "DBParameterGroupName", "DBSubnetGroupName", "VpcSecurityGroupIds", "MasterUserPassword", "ManageMasterUserPassword",
            "MasterUserSecretKmsKeyId", "Port", "OptionGroupName", "EnableCloudwatchLogsExports", "EnableIAMDatabaseAuthentication",
            "EnablePerformanceInsights")}
        instance = {"AvailabilityZone": "eu-central-1a", "BackupRetentionPeriod": 1, "PreferredBackupWindow": "03:00-03:30",
                    "PreferredMaintenanceWindow": "sun:04:00-sun:04:30", "CACertificateIdentifier": "rds-ca-rsa2048-g1", "StorageType": "gp2",
                    "LicenseModel": "general-public-license", "NetworkType": "IPV4", "MultiAZ": False, "DeletionProtection": False,
                    "StorageEncrypted": False, "EngineLifecycleSupport": "open-source-rds-extended-support"} | plain | {
            "DbiResourceId": f"db-{next(self.numbers):026X}", "DBInstanceArn": self.arn(f"db:{name}"), "DBInstanceStatus": "creating",
            "EngineVersion": next(v for v in reversed(VERSIONS) if v.startswith(version)), "tags": r.get("Tags", []),
            "Endpoint": {"Address": f"{name}.rds.localhost", "Port": r.get("Port", 3306), "HostedZoneId": "Z1"},
            "DBParameterGroups": [{"DBParameterGroupName": r.get("DBParameterGroupName", "default.mysql8.4")}],
            "OptionGroupMemberships": [{"OptionGroupName": r.get("OptionGroupName", "default:mysql-8-4")}],
            "DBSubnetGroup": {"DBSubnetGroupName": r.get("DBSubnetGroupName", "default")},
            "VpcSecurityGroups": [{"VpcSecurityGroupId": g} for g in r.get("VpcSecurityGroupIds", ["sg-0default"])],
            "EnabledCloudwatchLogsExports": r.get("EnableCloudwatchLogsExports", []),
            "IAMDatabaseAuthenticationEnabled": r.get("EnableIAMDatabaseAuthentication", False),
            "PerformanceInsightsEnabled": r.get("EnablePerformanceInsights", False)}
        if r.get("ManageMasterUserPassword"):
            instance["MasterUserSecret"] = {"SecretArn": self.arn("secret:rds!db-1", service="secretsmanager"), "SecretStatus": "active",
                                            "KmsKeyId": r.get("MasterUserSecretKmsKeyId", self.arn("key/default", service="kms"))}
        self.passwords = getattr(self, "passwords", []) + [r.get("MasterUserPassword")]
        self.add("instances", name, instance, "DBInstanceAlreadyExists")
        return {"DBInstance": self.shown(instance)}

    def DescribeDBInstances(self, r):
        if "DBInstanceIdentifier" in r:
            found = [self.instance(r["DBInstanceIdentifier"])]
        else:
            wanted = r["Filters"][0]["Values"]
            found = [i for i in self.things["instances"].values() if i["DbiResourceId"] in wanted]
        answer = {"DBInstances": [self.shown(i) | {"TagList": i["tags"]} for i in found]}
        for instance in found:
            if not self.pending:
                instance["DBInstanceStatus"] = "available"
        return answer

    def ModifyDBInstance(self, r):
        instance = self.instance(r["DBInstanceIdentifier"])
        for member, value in r.items():
            if member == "NewDBInstanceIdentifier":
                instance["DBInstanceIdentifier"] = value
            elif member == "DBPortNumber":
                instance["Endpoint"]["Port"] = value
            elif member == "DBParameterGroupName":
                instance["DBParameterGroups"] = [{"DBParameterGroupName": value}]
            elif member == "OptionGroupName":
                instance["OptionGroupMemberships"] = [{"OptionGroupName": value}]
            elif member == "DBSubnetGroupName":
                instance["DBSubnetGroup"] = {"DBSubnetGroupName": value}
            elif member == "VpcSecurityGroupIds":
                instance["VpcSecurityGroups"] = [{"VpcSecurityGroupId": g} for g in value]
            elif member == "CloudwatchLogsExportConfiguration":
                kept = [x for x in instance["EnabledCloudwatchLogsExports"] if x not in value["DisableLogTypes"]]
                instance["EnabledCloudwatchLogsExports"] = sorted(kept + value["EnableLogTypes"])
            elif member == "EnableIAMDatabaseAuthentication":
                instance["IAMDatabaseAuthenticationEnabled"] = value
            elif member == "EnablePerformanceInsights":
                instance["PerformanceInsightsEnabled"] = value
            elif member == "MasterUserPassword":
                self.passwords.append(value)
            elif member not in ("ApplyImmediately", "AllowMajorVersionUpgrade", "DBInstanceIdentifier"):
                instance[member] = value
        if instance.get("MaxAllocatedStorage", 0) <= instance["AllocatedStorage"]:
            instance.pop("MaxAllocatedStorage", None)  # storage that does not grow
        if "NewDBInstanceIdentifier" in r:
            self.things["instances"][r["NewDBInstanceIdentifier"]] = self.things["instances"].pop(r["DBInstanceIdentifier"])
        return {"DBInstance": self.shown(instance)}

    def DeleteDBInstance(self, r):
        if self.instance(r["DBInstanceIdentifier"])["DeletionProtection"]:
            raise ApiError("InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again.")
        del self.things["instances"][r["DBInstanceIdentifier"]]

    def DescribeDBEngineVersions(self, r):
        found = [v for v in VERSIONS if v.startswith(r.get("EngineVersion", ""))]
        if r.get("DefaultOnly"):
            found = ["8.4.6"]
        return {"DBEngineVersions": [{
            "Engine": r["Engine"], "EngineVersion": v, "DBParameterGroupFamily": "mysql" + ".".join(v.split(".")[:2]), "Status": "available",
            "DBEngineDescription": "MySQL Community Edition", "DBEngineVersionDescription": f"MySQL {v}",
            "ValidUpgradeTarget": [{"EngineVersion": t, "IsMajorVersionUpgrade": t[:3] != v[:3]} for t in VERSIONS if t > v]} for v in found]}
