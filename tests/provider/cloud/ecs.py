from .base import ApiError, Service, retag



class Ecs(Service):
    """Deployments are done at once, unless `slow` or `broken` says otherwise."""
    name = "ecs"
    slow = False
    broken = ""

    def by_arn(self, r):
        for kind in ("clusters", "services", "definitions"):
            for thing in self.things[kind].values():
                if r["resourceArn"] in (thing.get("clusterArn") if kind == "clusters" else thing.get("serviceArn"), thing.get("taskDefinitionArn")):
                    return thing
        raise ApiError("InvalidParameterException", "The specified resource cannot be found.")

    def TagResource(self, r):
        thing = self.by_arn(r)
        if not r["tags"]:
            raise ApiError("InvalidParameterException", "Tags can not be empty.")
        thing["tags"] = retag(thing["tags"], add=r["tags"], key="key")

    def UntagResource(self, r):
        thing = self.by_arn(r)
        thing["tags"] = retag(thing["tags"], remove=r["tagKeys"], key="key")

    # Clusters, by name.
    @staticmethod
    def short(name):
        return name.rsplit("/", 1)[-1]

    def cluster(self, name):
        return self.find("clusters", self.short(name), "ClusterNotFoundException", "Cluster not found.")

    def CreateCluster(self, r):
        name = r["clusterName"]
        cluster = {"clusterName": name, "clusterArn": self.arn(f"cluster/{name}"), "status": "ACTIVE", "tags": r.get("tags", []),
                   "settings": r.get("settings", [{"name": "containerInsights", "value": "disabled"}]),
                   **{k: r[k] for k in ("configuration", "serviceConnectDefaults") if k in r}}
        self.things["clusters"][name] = cluster
        return {"cluster": cluster}

    def DescribeClusters(self, r):
        found = [self.things["clusters"][self.short(c)] for c in r["clusters"] if self.short(c) in self.things["clusters"]]
        return {"clusters": found, "failures": []}

    def UpdateCluster(self, r):
        cluster = self.cluster(r["cluster"])
        cluster.update({k: v for k, v in r.items() if k != "cluster"})
        if not cluster.get("configuration"):
            cluster.pop("configuration", None)
        if cluster.get("serviceConnectDefaults", {}).get("namespace") == "":
            del cluster["serviceConnectDefaults"]
        return {"cluster": cluster}

    def DeleteCluster(self, r):
        cluster = self.cluster(r["cluster"])
        if any(s["clusterArn"] == cluster["clusterArn"] for s in self.things["services"].values()):
            raise ApiError("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
        del self.things["clusters"][cluster["clusterName"]]

    # Task definitions: a deregistered revision is gone for everybody but those who know it; here, for all.
    def RegisterTaskDefinition(self, r):
        if "tags" in r and not r["tags"]:
            raise ApiError("InvalidParameterException", "Tags can not be empty.")
        family = r["family"]
        revision = self.things["revisions"].get(family, 0) + 1
        self.things["revisions"][family] = revision
        arn = self.arn(f"task-definition/{family}:{revision}")
        containers = []
        for c in r["containerDefinitions"]:
            if not c:
                raise ApiError("ClientException", "Container.name should not be null or empty.")
            # What ECS fills in.
            containers.append({"cpu": 0, "essential": True, "environment": [], "mountPoints": [], "volumesFrom": [], "portMappings": []} | c)
            for mapping in containers[-1]["portMappings"]:
                mapping.setdefault("hostPort", mapping["containerPort"])
                mapping.setdefault("protocol", "tcp")
        volumes = [v | {"host": v.get("host", {})} if "efsVolumeConfiguration" not in v else v for v in r.get("volumes", [])]
        definition = {k: v for k, v in r.items() if k not in ("tags", "containerDefinitions")} | {
            "taskDefinitionArn": arn, "revision": revision, "status": "ACTIVE", "containerDefinitions": containers, "volumes": volumes,
            "placementConstraints": r.get("placementConstraints", []), "networkMode": r.get("networkMode", "bridge")}
        self.things["definitions"][arn] = definition | {"tags": r.get("tags", [])}
        return {"taskDefinition": definition}

    def definition(self, name):
        if name in self.things["definitions"]:
            return self.things["definitions"][name]
        found = [d for d in self.things["definitions"].values() if name in (d["family"], f"{d['family']}:{d['revision']}")]
        if not found:
            raise ApiError("ClientException", "Unable to describe task definition.")
        return found[-1]

    def DescribeTaskDefinition(self, r):
        definition = self.definition(r["taskDefinition"])
        return {"taskDefinition": {k: v for k, v in definition.items() if k != "tags"}, "tags": definition["tags"]}

    def DeregisterTaskDefinition(self, r):
        del self.things["definitions"][self.definition(r["taskDefinition"])["taskDefinitionArn"]]

    always_there = ("revisions",)

    # Services.
    def CreateService(self, r):
        if r.get("tags") == []:
            raise ApiError("InvalidParameterException", "Tags can not be empty.")
        cluster = self.cluster(r.get("cluster", "default"))
        name = r["serviceName"]
        arn = self.arn(f"service/{cluster['clusterName']}/{name}")
        if arn in self.things["services"]:
            raise ApiError("InvalidParameterException", "Creation of service was not idempotent.")
        service = {k: v for k, v in r.items() if k not in ("cluster", "role", "clientToken")} | {
            "serviceArn": arn, "clusterArn": cluster["clusterArn"], "status": "ACTIVE", "tags": r.get("tags", []), "events": [],
            "loadBalancers": r.get("loadBalancers", []), "desiredCount": r.get("desiredCount", 0), "runningCount": 0,
            "launchType": r.get("launchType", "EC2"), "schedulingStrategy": r.get("schedulingStrategy", "REPLICA"),
            "propagateTags": r.get("propagateTags", "NONE"), "availabilityZoneRebalancing": r.get("availabilityZoneRebalancing", "ENABLED"),
            "taskDefinition": self.definition(r["taskDefinition"])["taskDefinitionArn"], "deployments": []}
        if "role" in r:
            service["roleArn"] = r["role"]
        if service["launchType"] == "FARGATE":
            service["platformVersion"] = r.get("platformVersion", "LATEST")
        self.things["services"][arn] = service
        self.deploy(service)
        return {"service": service}

    def deploy(self, service):
        one = {"id": f"ecs-svc/{next(self.numbers):019d}", "status": "PRIMARY", "rolloutState": "IN_PROGRESS"}
        if self.broken:
            service["deployments"] = [one | {"rolloutState": "FAILED", "rolloutStateReason": self.broken}]
        else:
            service["deployments"] = [one]

    def settle(self, service):
        if not self.slow and not self.broken:
            service["runningCount"] = service["desiredCount"]
            for one in service["deployments"]:
                one["rolloutState"] = "COMPLETED"

    def service(self, r):
        cluster = self.cluster(r["cluster"]) if r.get("cluster") else None
        for arn, service in self.things["services"].items():
            if r["service"] in (arn, service["serviceName"]) and (not cluster or service["clusterArn"] == cluster["clusterArn"]):
                return service
        raise ApiError("ServiceNotFoundException", "Service not found.")

    def DescribeServices(self, r):
        found, failures = [], []
        for name in r["services"]:
            try:
                service = self.service({"cluster": r.get("cluster"), "service": name})
                self.settle(service)
                found.append(service)
            except ApiError:
                failures.append({"arn": name, "reason": "MISSING"})
        return {"services": found, "failures": failures}

    def UpdateService(self, r):
        service = self.service(r)
        again = r.get("forceNewDeployment") or {"taskDefinition", "networkConfiguration", "loadBalancers"} & set(r)
        service.update({k: v for k, v in r.items() if k not in ("cluster", "service", "forceNewDeployment")})
        service["taskDefinition"] = self.definition(service["taskDefinition"])["taskDefinitionArn"] if "taskDefinition" in r else service["taskDefinition"]
        if again:
            self.deploy(service)
        return {"service": service}

    def DeleteService(self, r):
        service = self.service(r)
        if service["desiredCount"] and not r.get("force"):
            raise ApiError("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
        del self.things["services"][service["serviceArn"]]
        return {"service": service | {"status": "DRAINING"}}
