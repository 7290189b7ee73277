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
    always_there = ("always", "switches")

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

    def filtered(self, things, request, names):
        """names: {filter name: function of a document that gives the values it matches}"""
        for f in request.get("Filters", []):
            if f["Name"] not in names:
                raise ApiError("InvalidParameterValue", f"The filter '{f['Name']}' is invalid")
            things = [t for t in things if set(names[f["Name"]](t)) & set(f["Values"])]
        return things

    def state(self):
        return "pending" if self.pending else "available"

    # VPCs come with an ACL, a main route table and a default group, all in a kind of their own.
    pending = False
    switches = {"enableDnsSupport": True, "enableDnsHostnames": False, "enableNetworkAddressUsageMetrics": False}

    def CreateVpc(self, r):
        key = self.make_id("vpc")
        vpc = {"VpcId": key, "OwnerId": ACCOUNT, "CidrBlock": r["CidrBlock"], "DhcpOptionsId": "dopt-0default",
               "InstanceTenancy": r.get("InstanceTenancy", "default"), "IsDefault": False, "Tags": tags_of(r)}
        self.add("vpcs", key, vpc)
        self.things["switches"][key] = dict(self.switches)
        self.things["always"][self.make_id("acl")] = {"vpc": key, "kind": "acl", "Tags": []}
        self.things["always"][self.make_id("rtb")] = {"vpc": key, "kind": "rtb", "Tags": []}
        self.things["always"][self.make_id("sg")] = {"vpc": key, "kind": "sg", "Tags": []}
        return {"Vpc": vpc | {"State": "pending"}}

    def DescribeVpcs(self, r):
        found = self.described("vpcs", r.get("VpcIds"), "InvalidVpcID.NotFound")
        return {"Vpcs": [v | {"State": self.state()} for v in found]}

    def DescribeVpcAttribute(self, r):
        self.find("vpcs", r["VpcId"], "InvalidVpcID.NotFound")
        name = r["Attribute"]
        return {"VpcId": r["VpcId"], name[0].upper() + name[1:]: {"Value": self.things["switches"][r["VpcId"]][name]}}

    def ModifyVpcAttribute(self, r):
        changes = [k for k in r if k != "VpcId"]
        if len(changes) != 1:
            raise ApiError("InvalidParameterCombination", "Fields for multiple attribute types specified")
        self.things["switches"][r["VpcId"]][changes[0][0].lower() + changes[0][1:]] = r[changes[0]]["Value"]

    def DeleteVpc(self, r):
        key = r["VpcId"]
        self.find("vpcs", key, "InvalidVpcID.NotFound")
        for kind in ("subnets", "security_groups", "route_tables"):
            if any(t["VpcId"] == key for t in self.things[kind].values()):
                raise ApiError("DependencyViolation", f"The vpc '{key}' has dependencies and cannot be deleted.")
        if any(g["vpc"] == key for g in self.things["gateways"].values()):
            raise ApiError("DependencyViolation", f"The vpc '{key}' has dependencies and cannot be deleted.")
        del self.things["vpcs"][key], self.things["switches"][key]
        for part in [p for p, t in self.things["always"].items() if t["vpc"] == key]:
            del self.things["always"][part]

    def default_part(self, kind, request):
        wanted = {f["Name"]: f["Values"] for f in request["Filters"]}
        return [k for k, t in self.things["always"].items() if t["kind"] == kind and t["vpc"] in wanted["vpc-id"]]

    def DescribeNetworkAcls(self, r):
        return {"NetworkAcls": [{"NetworkAclId": k, "IsDefault": True} for k in self.default_part("acl", r)]}

    def CreateSubnet(self, r):
        self.find("vpcs", r["VpcId"], "InvalidVpcID.NotFound")
        key = self.make_id("subnet")
        zone = r.get("AvailabilityZone") or self.region + (r.get("AvailabilityZoneId", "az1")[-1].translate(str.maketrans("123", "abc")))
        subnet = {"SubnetId": key, "VpcId": r["VpcId"], "OwnerId": ACCOUNT, "CidrBlock": r["CidrBlock"], "Tags": tags_of(r),
                  "SubnetArn": self.arn(f"subnet/{key}"), "AvailabilityZone": zone,
                  "AvailabilityZoneId": "euc1-az" + str("abc".index(zone[-1]) + 1), "MapPublicIpOnLaunch": False,
                  "AssignIpv6AddressOnCreation": False, "EnableDns64": False, "Ipv6Native": r.get("Ipv6Native", False),
                  "PrivateDnsNameOptionsOnLaunch": {"HostnameType": "ip-name", "EnableResourceNameDnsARecord": False,
                                                    "EnableResourceNameDnsAAAARecord": False}}
        self.add("subnets", key, subnet)
        return {"Subnet": subnet | {"State": "pending"}}

    def DescribeSubnets(self, r):
        return {"Subnets": [s | {"State": self.state()} for s in
                            self.described("subnets", r.get("SubnetIds"), "InvalidSubnetID.NotFound")]}

    def ModifySubnetAttribute(self, r):
        subnet = self.find("subnets", r["SubnetId"], "InvalidSubnetID.NotFound")
        (name, value), = [(k, v) for k, v in r.items() if k != "SubnetId"]
        options = subnet["PrivateDnsNameOptionsOnLaunch"]
        if name == "PrivateDnsHostnameTypeOnLaunch":
            options["HostnameType"] = value
        elif name.startswith("EnableResourceName"):
            options[name.removesuffix("OnLaunch")] = value["Value"]
        else:
            subnet[name] = value["Value"]

    def DeleteSubnet(self, r):
        self.remove("subnets", r["SubnetId"], "InvalidSubnetID.NotFound")

    def CreateInternetGateway(self, r):
        key = self.make_id("igw")
        self.add("gateways", key, {"InternetGatewayId": key, "OwnerId": ACCOUNT, "Tags": tags_of(r), "vpc": None})
        return {"InternetGateway": self.shown_gateway(self.things["gateways"][key])}

    @staticmethod
    def shown_gateway(g):
        attachments = [{"VpcId": g["vpc"], "State": "available"}] if g["vpc"] else []
        return {k: v for k, v in g.items() if k != "vpc"} | {"Attachments": attachments}

    def gateway(self, r):
        return self.find("gateways", r["InternetGatewayId"], "InvalidInternetGatewayID.NotFound")

    def AttachInternetGateway(self, r):
        gateway = self.gateway(r)
        if gateway["vpc"]:
            raise ApiError("Resource.AlreadyAssociated", "already attached")
        gateway["vpc"] = r["VpcId"]

    def DetachInternetGateway(self, r):
        gateway = self.gateway(r)
        if gateway["vpc"] != r["VpcId"]:
            raise ApiError("Gateway.NotAttached", "not attached")
        gateway["vpc"] = None

    def DescribeInternetGateways(self, r):
        return {"InternetGateways": [self.shown_gateway(g) for g in self.described(
            "gateways", r.get("InternetGatewayIds"), "InvalidInternetGatewayID.NotFound")]}

    def DeleteInternetGateway(self, r):
        if self.gateway(r)["vpc"]:
            raise ApiError("DependencyViolation", "The internetGateway has dependencies and cannot be deleted.")
        del self.things["gateways"][r["InternetGatewayId"]]

    # Route tables with their routes and associations.
    def CreateRouteTable(self, r):
        vpc = self.find("vpcs", r["VpcId"], "InvalidVpcID.NotFound")
        key = self.make_id("rtb")
        local = {"DestinationCidrBlock": vpc["CidrBlock"], "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
        return {"RouteTable": self.add("route_tables", key, {
            "RouteTableId": key, "VpcId": r["VpcId"], "OwnerId": ACCOUNT, "Tags": tags_of(r), "Routes": [local],
            "Associations": [], "PropagatingVgws": []})}

    def table(self, r):
        return self.find("route_tables", r["RouteTableId"], "InvalidRouteTableID.NotFound")

    def DescribeRouteTables(self, r):
        if any(f["Name"] == "association.main" for f in r.get("Filters", [])):
            return {"RouteTables": [{"RouteTableId": k, "Routes": [], "Associations": []} for k in self.default_part("rtb", r)]}
        found = self.described("route_tables", r.get("RouteTableIds"), "InvalidRouteTableID.NotFound")

        def each(member):
            return lambda t: [a.get(member) for a in t["Associations"]]
        return {"RouteTables": self.filtered(found, r, {
            "association.route-table-association-id": each("RouteTableAssociationId"),
            "association.subnet-id": each("SubnetId"), "association.gateway-id": each("GatewayId")})}

    def DeleteRouteTable(self, r):
        if self.table(r)["Associations"]:
            raise ApiError("DependencyViolation", "The routeTable has dependencies and cannot be deleted.")
        del self.things["route_tables"][r["RouteTableId"]]

    @staticmethod
    def destination(r):
        return next(r[k] for k in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId") if k in r)

    def route(self, r):
        for route in self.table(r)["Routes"]:
            if self.destination(route) == self.destination(r):
                return route
        raise ApiError("InvalidRoute.NotFound", "no route with that destination")

    def CreateRoute(self, r):
        try:
            self.route(r)
        except ApiError:
            route = {k: v for k, v in r.items() if k != "RouteTableId"} | {"Origin": "CreateRoute", "State": "active"}
            self.table(r)["Routes"].append(route)
            return {"Return": True}
        raise ApiError("RouteAlreadyExists", "The route identified by it already exists.")

    def ReplaceRoute(self, r):
        route = self.route(r)
        route.clear()
        route.update({k: v for k, v in r.items() if k != "RouteTableId"} | {"Origin": "CreateRoute", "State": "active"})

    def DeleteRoute(self, r):
        self.table(r)["Routes"].remove(self.route(r))

    def AssociateRouteTable(self, r):
        key = self.make_id("rtbassoc")
        self.table(r)["Associations"].append({
            "RouteTableAssociationId": key, "RouteTableId": r["RouteTableId"], "Main": False,
            "AssociationState": {"State": "associated"}, **{k: r[k] for k in ("SubnetId", "GatewayId") if k in r}})
        return {"AssociationId": key, "AssociationState": {"State": "associated"}}

    def take_association(self, r):
        for table in self.things["route_tables"].values():
            for one in table["Associations"]:
                if one["RouteTableAssociationId"] == r["AssociationId"]:
                    table["Associations"].remove(one)
                    return one
        raise ApiError("InvalidAssociationID.NotFound", "no such association")

    def DisassociateRouteTable(self, r):
        self.take_association(r)

    def ReplaceRouteTableAssociation(self, r):
        one = self.take_association(r)
        key = self.make_id("rtbassoc")
        self.table(r)["Associations"].append(one | {"RouteTableAssociationId": key, "RouteTableId": r["RouteTableId"]})
        return {"NewAssociationId": key, "AssociationState": {"State": "associated"}}

    def DescribeAvailabilityZones(self, r):
        zones = [{"ZoneName": f"{self.region}{c}", "ZoneId": f"euc1-az{n}", "State": "available", "RegionName": self.region,
                  "GroupName": f"{self.region}-zg-1", "ZoneType": "availability-zone"} for n, c in ((2, "b"), (1, "a"), (3, "c"))]
        return {"AvailabilityZones": self.filtered(zones, r, {
            "state": lambda z: [z["State"]], "zone-type": lambda z: [z["ZoneType"]], "zone-name": lambda z: [z["ZoneName"]]})}

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
        if any(f["Name"] == "group-name" for f in r.get("Filters", [])):
            return {"SecurityGroups": [{"GroupId": k} for k in self.default_part("sg", r)]}
        return {"SecurityGroups": [self.shown_group(g) for g in
                                   self.described("security_groups", r.get("GroupIds"), "InvalidGroup.NotFound")]}

    def DeleteSecurityGroup(self, r):
        self.remove("security_groups", r["GroupId"], "InvalidGroup.NotFound")
        for key in [k for k, rule in self.things["rules"].items() if rule["group"] == r["GroupId"]]:
            del self.things["rules"][key]

    def authorize(self, r, direction):
        rules = self.group(r)[direction]
        added = singles(r["IpPermissions"])
        if set(added) & set(rules):
            raise ApiError("InvalidPermission.Duplicate", "the specified rule already exists")
        rules.update(added)
        made = []
        for one in added:
            key = self.make_id("sgr")
            self.things["rules"][key] = {"group": r["GroupId"], "direction": direction, "single": one, "Tags": tags_of(r)}
            made.append(self.shown_rule(key))
        return {"Return": True, "SecurityGroupRules": made}

    def shown_rule(self, key):
        rule = self.things["rules"][key]
        protocol, low, high, kind, source = rule["single"]
        shown = {"SecurityGroupRuleId": key, "GroupId": rule["group"], "GroupOwnerId": ACCOUNT, "IpProtocol": protocol,
                 "IsEgress": rule["direction"] == "out", "FromPort": -1 if low is None else low,
                 "ToPort": -1 if high is None else high, "Tags": rule["Tags"],
                 "SecurityGroupRuleArn": self.arn(f"security-group-rule/{key}")}
        description = self.things["security_groups"][rule["group"]][rule["direction"]][rule["single"]]
        if description:
            shown["Description"] = description
        name = {"IpRanges": "CidrIpv4", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId"}.get(kind)
        return shown | ({name: source} if name else {"ReferencedGroupInfo": {"GroupId": source}})

    def DescribeSecurityGroupRules(self, r):
        for key in r["SecurityGroupRuleIds"]:
            self.find("rules", key, "InvalidSecurityGroupRuleId.NotFound")
        return {"SecurityGroupRules": [self.shown_rule(k) for k in r["SecurityGroupRuleIds"]]}

    def ModifySecurityGroupRules(self, r):
        for change in r["SecurityGroupRules"]:
            rule, new = self.things["rules"][change["SecurityGroupRuleId"]], change["SecurityGroupRule"]
            rules = self.group(r)[rule["direction"]]
            del rules[rule["single"]]
            kind = next(k for k in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if k in new)
            lists = {"CidrIpv4": "IpRanges", "CidrIpv6": "Ipv6Ranges", "PrefixListId": "PrefixListIds",
                     "ReferencedGroupId": "UserIdGroupPairs"}
            rule["single"] = (new["IpProtocol"], new.get("FromPort"), new.get("ToPort"), lists[kind], new[kind])
            rules[rule["single"]] = new.get("Description")
        return {"Return": True}

    def revoke(self, r, direction):
        rules = self.group(r)[direction]
        for key in r.get("SecurityGroupRuleIds", []):
            self.find("rules", key, "InvalidSecurityGroupRuleId.NotFound")
            rules.pop(self.things["rules"].pop(key)["single"], None)
        for one in singles(r.get("IpPermissions", [])):
            if one not in rules:
                raise ApiError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
            del rules[one]
            for key in [k for k, rule in self.things["rules"].items() if rule["single"] == one and rule["group"] == r["GroupId"]]:
                del self.things["rules"][key]
        return {"Return": True}

    def AuthorizeSecurityGroupIngress(self, r):
        return self.authorize(r, "in")

    def AuthorizeSecurityGroupEgress(self, r):
        return self.authorize(r, "out")

    def RevokeSecurityGroupIngress(self, r):
        return self.revoke(r, "in")

    def RevokeSecurityGroupEgress(self, r):
        return self.revoke(r, "out")
