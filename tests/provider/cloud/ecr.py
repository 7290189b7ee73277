from .base import ACCOUNT, ApiError, Service, now, retag


class Ecr(Service):
    name = "ecr"

    def repository(self, name):
        return self.find("repositories", name, "RepositoryNotFoundException",
                         f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'")

    def by_arn(self, request):
        return self.repository(request["resourceArn"].split(":repository/")[1])

    @staticmethod
    def shown(repository):
        return {k: v for k, v in repository.items() if k not in ("tags", "images", "policy")}

    def CreateRepository(self, r):
        name = r["repositoryName"]
        repository = {"repositoryArn": self.arn(f"repository/{name}"), "registryId": ACCOUNT, "repositoryName": name,
                      "repositoryUri": f"{ACCOUNT}.dkr.ecr.{self.region}.amazonaws.com/{name}", "createdAt": now(),
                      "imageTagMutability": r.get("imageTagMutability", "MUTABLE"),
                      "imageScanningConfiguration": r.get("imageScanningConfiguration", {"scanOnPush": False}),
                      "encryptionConfiguration": r.get("encryptionConfiguration", {"encryptionType": "AES256"}),
                      "tags": r.get("tags", []), "images": []}
        if "imageTagMutabilityExclusionFilters" in r:
            repository["imageTagMutabilityExclusionFilters"] = r["imageTagMutabilityExclusionFilters"]
        if repository["encryptionConfiguration"]["encryptionType"] != "AES256":
            repository["encryptionConfiguration"].setdefault("kmsKey", self.arn("key/default", service="kms"))
        return {"repository": self.shown(self.add("repositories", name, repository, "RepositoryAlreadyExistsException"))}

    def DescribeRepositories(self, r):
        return {"repositories": [self.shown(self.repository(n)) for n in r["repositoryNames"]]}

    def DeleteRepository(self, r):
        if self.repository(r["repositoryName"])["images"] and not r.get("force"):
            raise ApiError("RepositoryNotEmptyException", "the repository still contains images")
        return {"repository": self.shown(self.things["repositories"].pop(r["repositoryName"]))}

    def PutImageTagMutability(self, r):
        repository = self.repository(r["repositoryName"])
        repository["imageTagMutability"] = r["imageTagMutability"]
        repository.pop("imageTagMutabilityExclusionFilters", None)
        if "imageTagMutabilityExclusionFilters" in r:
            repository["imageTagMutabilityExclusionFilters"] = r["imageTagMutabilityExclusionFilters"]

    def PutImageScanningConfiguration(self, r):
        self.repository(r["repositoryName"])["imageScanningConfiguration"] = r["imageScanningConfiguration"]

    def ListTagsForResource(self, r):
        return {"tags": self.by_arn(r)["tags"]}

    def TagResource(self, r):
        repository = self.by_arn(r)
        repository["tags"] = retag(repository["tags"], add=r["tags"])

    def UntagResource(self, r):
        repository = self.by_arn(r)
        repository["tags"] = retag(repository["tags"], remove=r["tagKeys"])
