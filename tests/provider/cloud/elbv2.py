from .base import ApiError, Service, retag

BALANCER = {"idle_timeout.timeout_seconds": "60", "deletion_protection.enabled": "false", "routing.http2.enabled": "true",
            "routing.http.drop_invalid_header_fields.enabled": "false", "routing.http.desync_mitigation_mode": "defensive",
            "routing.http.preserve_host_header.enabled": "false", "routing.http.xff_client_port.enabled": "false",
            "routing.http.xff_header_processing.mode": "append", "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
            "client_keep_alive.seconds": "3600", "waf.fail_open.enabled": "false", "zonal_shift.config.enabled": "false",
            "load_balancing.cross_zone.enabled": "true",
            "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "", "access_logs.s3.prefix": ""}
TARGETS = {"deregistration_delay.timeout_seconds": "300", "slow_start.duration_seconds": "0", "stickiness.enabled": "false",
           "stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": "86400",
           "stickiness.app_cookie.duration_seconds": "86400", "stickiness.app_cookie.cookie_name": "",
           "load_balancing.algorithm.type": "round_robin", "load_balancing.algorithm.anomaly_mitigation": "off",
           "load_balancing.cross_zone.enabled": "use_load_balancer_configuration"}


class Elbv2(Service):
    name = "elbv2"
    pending = False

    def one(self, kind, key):
        code = {"balancers": "LoadBalancerNotFound", "groups": "TargetGroupNotFound", "listeners": "ListenerNotFound"}[kind]
        return self.find(kind, key, code)

    def by_arn(self, arn):
        for kind in ("balancers", "groups", "listeners"):
            if arn in self.things[kind]:
                return self.things[kind][arn]
        raise ApiError("LoadBalancerNotFound", arn)

    def AddTags(self, r):
        for arn in r["ResourceArns"]:
            self.by_arn(arn)["tags"] = retag(self.by_arn(arn)["tags"], add=r["Tags"])

    def RemoveTags(self, r):
        for arn in r["ResourceArns"]:
            self.by_arn(arn)["tags"] = retag(self.by_arn(arn)["tags"], remove=r["TagKeys"])

    def DescribeTags(self, r):
        return {"TagDescriptions": [{"ResourceArn": a, "Tags": self.by_arn(a)["tags"]} for a in r["ResourceArns"]]}

    @staticmethod
    def shown(thing):
        return {k: v for k, v in thing.items() if k not in ("tags", "attributes")}

    def described(self, kind, r, arns, name):
        if "Names" in r:
            found = [t for t in self.things[kind].values() if t[name] in r["Names"]]
            if not found:
                self.one(kind, r["Names"][0])
            return [self.shown(t) for t in found]
        return [self.shown(self.one(kind, a)) for a in r[arns]]

    def attributes(self, thing):
        return {"Attributes": [{"Key": k, "Value": v} for k, v in thing["attributes"].items()]}

    def modify(self, thing, r):
        for one in r["Attributes"]:
            if one["Key"] not in thing["attributes"]:
                raise ApiError("ValidationError", f"attribute key '{one['Key']}' is not recognized")
            thing["attributes"][one["Key"]] = one["Value"]
        return self.attributes(thing)

    def CreateLoadBalancer(self, r):
        arn = self.arn(f"loadbalancer/app/{r['Name']}/{next(self.numbers):016x}", service="elasticloadbalancing")
        self.add("balancers", arn, {
            "LoadBalancerArn": arn, "LoadBalancerName": r["Name"], "DNSName": f"{r['Name']}.elb.localhost", "VpcId": "vpc-0default",
            "CanonicalHostedZoneId": "Z215JYRZR1TBD5", "Scheme": r.get("Scheme", "internet-facing"), "Type": r.get("Type", "application"),
            "IpAddressType": r.get("IpAddressType", "ipv4"), "SecurityGroups": r.get("SecurityGroups", ["sg-0default"]),
            "AvailabilityZones": [{"SubnetId": s, "ZoneName": "eu-central-1a"} for s in r["Subnets"]],
            "State": {"Code": "active"}, "tags": r.get("Tags", []), "attributes": dict(BALANCER)})
        return {"LoadBalancers": [self.shown(self.things["balancers"][arn]) | {"State": {"Code": "provisioning"}}]}

    def DescribeLoadBalancers(self, r):
        state = {"State": {"Code": "provisioning"}} if self.pending else {}
        return {"LoadBalancers": [b | state for b in self.described("balancers", r, "LoadBalancerArns", "LoadBalancerName")]}

    def DescribeLoadBalancerAttributes(self, r):
        return self.attributes(self.one("balancers", r["LoadBalancerArn"]))

    def ModifyLoadBalancerAttributes(self, r):
        return self.modify(self.one("balancers", r["LoadBalancerArn"]), r)

    def SetSecurityGroups(self, r):
        self.one("balancers", r["LoadBalancerArn"])["SecurityGroups"] = r["SecurityGroups"]

    def SetSubnets(self, r):
        self.one("balancers", r["LoadBalancerArn"])["AvailabilityZones"] = [{"SubnetId": s} for s in r["Subnets"]]

    def SetIpAddressType(self, r):
        self.one("balancers", r["LoadBalancerArn"])["IpAddressType"] = r["IpAddressType"]
        return {"IpAddressType": r["IpAddressType"]}

    def DeleteLoadBalancer(self, r):
        thing = self.one("balancers", r["LoadBalancerArn"])
        if thing["attributes"]["deletion_protection.enabled"] == "true":
            raise ApiError("OperationNotPermitted", "Load balancer cannot be deleted because deletion protection is enabled")
        del self.things["balancers"][r["LoadBalancerArn"]]

    def CreateTargetGroup(self, r):
        arn = self.arn(f"targetgroup/{r['Name']}/{next(self.numbers):016x}", service="elasticloadbalancing")
        group = {"TargetGroupArn": arn, "TargetGroupName": r["Name"], "TargetType": r.get("TargetType", "instance"), "LoadBalancerArns": [],
                 "IpAddressType": r.get("IpAddressType", "ipv4"), "HealthCheckEnabled": True, "HealthCheckProtocol": "HTTP",
                 "HealthCheckPort": "traffic-port", "HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 5,
                 "HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2, "HealthCheckPath": "/", "Matcher": {"HttpCode": "200"}}
        group |= {k: v for k, v in r.items() if k not in ("Name", "Tags")}
        if r.get("Protocol") in ("HTTP", "HTTPS"):
            group.setdefault("ProtocolVersion", "HTTP1")
        self.add("groups", arn, group | {"tags": r.get("Tags", []), "attributes": dict(TARGETS)})
        return {"TargetGroups": [self.shown(self.things["groups"][arn])]}

    def DescribeTargetGroups(self, r):
        return {"TargetGroups": self.described("groups", r, "TargetGroupArns", "TargetGroupName")}

    def DescribeTargetGroupAttributes(self, r):
        return self.attributes(self.one("groups", r["TargetGroupArn"]))

    def ModifyTargetGroupAttributes(self, r):
        return self.modify(self.one("groups", r["TargetGroupArn"]), r)

    def ModifyTargetGroup(self, r):
        group = self.one("groups", r["TargetGroupArn"])
        group.update(r)
        return {"TargetGroups": [self.shown(group)]}

    def DeleteTargetGroup(self, r):
        self.one("groups", r["TargetGroupArn"])
        if any(r["TargetGroupArn"] in str(one["DefaultActions"]) for one in self.things["listeners"].values()):
            raise ApiError("ResourceInUse", "Target group is currently in use by a listener or a rule")
        del self.things["groups"][r["TargetGroupArn"]]

    @staticmethod
    def answered(actions):
        """A plain forward comes back with a forward configuration too."""
        out = []
        for action in actions:
            action = dict(action)
            if "TargetGroupArn" in action:
                action.setdefault("ForwardConfig", {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}],
                                                    "TargetGroupStickinessConfig": {"Enabled": False}})
            elif len(action.get("ForwardConfig", {}).get("TargetGroups", [])) == 1:
                action["TargetGroupArn"] = action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
            out.append(action)
        return out

    def CreateListener(self, r):
        balancer = self.one("balancers", r["LoadBalancerArn"])
        arn = balancer["LoadBalancerArn"].replace(":loadbalancer/", ":listener/") + f"/{next(self.numbers):016x}"
        listener = {"ListenerArn": arn} | {k: v for k, v in r.items() if k != "Tags"} | {"DefaultActions": self.answered(r["DefaultActions"])}
        if listener["Protocol"] == "HTTPS":
            listener.setdefault("SslPolicy", "ELBSecurityPolicy-2016-08")
        self.add("listeners", arn, listener | {"tags": r.get("Tags", [])})
        return {"Listeners": [listener]}

    def DescribeListeners(self, r):
        return {"Listeners": [self.shown(self.one("listeners", a)) for a in r["ListenerArns"]]}

    def ModifyListener(self, r):
        listener = self.one("listeners", r["ListenerArn"])
        listener.update(r | {"DefaultActions": self.answered(r["DefaultActions"])})
        if listener["Protocol"] == "HTTP":
            listener.pop("Certificates", None)
            listener.pop("SslPolicy", None)
        return {"Listeners": [self.shown(listener)]}

    def DeleteListener(self, r):
        self.one("listeners", r["ListenerArn"])
        del self.things["listeners"][r["ListenerArn"]]
