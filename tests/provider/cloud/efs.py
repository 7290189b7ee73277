from .base import ACCOUNT, ApiError, Service, now, retag


class Efs(Service):
    name = "efs"

    def file_system(self, r):
        return self.find("files", r["FileSystemId"], "FileSystemNotFound")

    @staticmethod
    def settle(things):
        """What was being made when it was looked at is there the next time; what was going is gone."""
        found = [dict(t) for t in things.values()]
        for id_, thing in list(things.items()):
            if thing["LifeCycleState"] in ("creating", "updating"):
                thing["LifeCycleState"] = "available"
            elif thing["LifeCycleState"] == "deleting":
                del things[id_]
        return found

    def CreateFileSystem(self, r):
        if any(f["CreationToken"] == r["CreationToken"] for f in self.things["files"].values()):
            raise ApiError("FileSystemAlreadyExists", "the creation token is in use")
        id_ = self.make_id("fs")
        tags = r.get("Tags", [])
        files = {"FileSystemId": id_, "FileSystemArn": self.arn(f"file-system/{id_}", service="elasticfilesystem"), "OwnerId": ACCOUNT, "CreationTime": now(), "CreationToken": r["CreationToken"],
                 "LifeCycleState": "creating", "NumberOfMountTargets": 0, "SizeInBytes": {"Value": 6144, "ValueInIA": 0, "ValueInStandard": 6144},
                 "PerformanceMode": r.get("PerformanceMode", "generalPurpose"), "Encrypted": r.get("Encrypted", False), "ThroughputMode": r.get("ThroughputMode", "bursting"), "Tags": tags,
                 **{k: r[k] for k in ("KmsKeyId", "ProvisionedThroughputInMibps", "AvailabilityZoneName") if k in r}}
        if files["Encrypted"]:
            files.setdefault("KmsKeyId", f"arn:aws:kms:{self.region}:{ACCOUNT}:key/efs")
        if "AvailabilityZoneName" in r:
            files["AvailabilityZoneId"] = "euc1-az1"
        self.things["files"][id_] = files
        return dict(files)

    def DescribeFileSystems(self, r):
        self.file_system(r)
        return {"FileSystems": [f for f in self.settle(self.things["files"]) if f["FileSystemId"] == r["FileSystemId"]]}

    def UpdateFileSystem(self, r):
        files = self.file_system(r)
        files.pop("ProvisionedThroughputInMibps", None)
        files.update({k: r[k] for k in ("ThroughputMode", "ProvisionedThroughputInMibps") if k in r}, LifeCycleState="updating")
        return files

    def DeleteFileSystem(self, r):
        if any(t["FileSystemId"] == r["FileSystemId"] for t in self.settle(self.things["targets"])):
            raise ApiError("FileSystemInUse", "it has mount targets")
        self.file_system(r)["LifeCycleState"] = "deleting"
        self.things["lifecycles"].pop(r["FileSystemId"], None)

    def DescribeLifecycleConfiguration(self, r):
        self.file_system(r)
        return {"LifecyclePolicies": self.things["lifecycles"].get(r["FileSystemId"], [])}

    def PutLifecycleConfiguration(self, r):
        if any(len(p) != 1 for p in r["LifecyclePolicies"]):
            raise ApiError("BadRequest", "one transition a policy")
        self.things["lifecycles"][r["FileSystemId"]] = r["LifecyclePolicies"]
        return {"LifecyclePolicies": r["LifecyclePolicies"]}

    def CreateMountTarget(self, r):
        files = self.file_system(r)
        id_ = self.make_id("fsmt")
        zone = "eu-central-1" + r["SubnetId"][-1]
        self.things["targets"][id_] = {
            "MountTargetId": id_, "FileSystemId": files["FileSystemId"], "SubnetId": r["SubnetId"], "OwnerId": ACCOUNT, "LifeCycleState": "creating",
            "IpAddress": r.get("IpAddress", "10.0.0.9"), "NetworkInterfaceId": "eni-0a", "AvailabilityZoneName": zone, "AvailabilityZoneId": "euc1-az1", "VpcId": "vpc-0a",
            **{k: r[k] for k in ("Ipv6Address",) if k in r}}
        if r.get("IpAddressType") == "DUAL_STACK":
            self.things["targets"][id_].setdefault("Ipv6Address", "2001:db8::9")
        self.things["groups"][id_] = r.get("SecurityGroups", ["sg-0default"])
        return self.things["targets"][id_]

    def DescribeMountTargets(self, r):
        self.find("targets", r["MountTargetId"], "MountTargetNotFound")
        return {"MountTargets": [t for t in self.settle(self.things["targets"]) if t["MountTargetId"] == r["MountTargetId"]]}

    def DescribeMountTargetSecurityGroups(self, r):
        return {"SecurityGroups": self.things["groups"][r["MountTargetId"]]}

    def ModifyMountTargetSecurityGroups(self, r):
        self.things["groups"][r["MountTargetId"]] = r["SecurityGroups"]

    def DeleteMountTarget(self, r):
        self.find("targets", r["MountTargetId"], "MountTargetNotFound")["LifeCycleState"] = "deleting"
        self.things["groups"].pop(r["MountTargetId"], None)

    def CreateAccessPoint(self, r):
        files = self.file_system(r)
        id_ = self.make_id("fsap")
        self.things["points"][id_] = {
            "AccessPointId": id_, "AccessPointArn": self.arn(f"access-point/{id_}", service="elasticfilesystem"), "FileSystemId": files["FileSystemId"], "ClientToken": r["ClientToken"],
            "OwnerId": ACCOUNT, "LifeCycleState": "creating", "RootDirectory": {"Path": "/"} | r.get("RootDirectory", {}), "Tags": r.get("Tags", []),
            **{k: r[k] for k in ("PosixUser",) if k in r}}
        return self.things["points"][id_]

    def DescribeAccessPoints(self, r):
        self.find("points", r["AccessPointId"], "AccessPointNotFound")
        return {"AccessPoints": [p for p in self.settle(self.things["points"]) if p["AccessPointId"] == r["AccessPointId"]]}

    def DeleteAccessPoint(self, r):
        self.find("points", r["AccessPointId"], "AccessPointNotFound")["LifeCycleState"] = "deleting"

    def tagged(self, r):
        return (self.things["files"] | self.things["points"])[r["ResourceId"]]

    def TagResource(self, r):
        self.tagged(r)["Tags"] = retag(self.tagged(r)["Tags"], add=r["Tags"])

    def UntagResource(self, r):
        self.tagged(r)["Tags"] = retag(self.tagged(r)["Tags"], remove=r["TagKeys"])
