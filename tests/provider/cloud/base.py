import collections
import datetime
import itertools

ACCOUNT = "123456789012"


class ApiError(Exception):
    def __init__(self, code, message):
        super().__init__(code, message)
        self.code, self.message = code, message


class Service:
    name = ""
    always_there = ()  # kinds that exist without having been made

    def __init__(self):
        self.things = collections.defaultdict(dict)
        self.numbers = itertools.count(1)
        self.region = "eu-central-1"

    def make_id(self, prefix):
        return f"{prefix}-0{next(self.numbers):016x}"

    def arn(self, rest, service=None, region=None):
        return f"arn:aws:{service or self.name}:{self.region if region is None else region}:{ACCOUNT}:{rest}"

    def find(self, kind, key, code, message=None):
        if key not in self.things[kind]:
            raise ApiError(code, message or f"the {kind} '{key}' does not exist")
        return self.things[kind][key]

    def add(self, kind, key, document, code=""):
        if key in self.things[kind]:
            raise ApiError(code, f"{key} already exists")
        self.things[kind][key] = document
        return document

    def remove(self, kind, key, code):
        self.find(kind, key, code)
        return self.things[kind].pop(key)


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def retag(tags, add=(), remove=(), key="Key"):
    """The tag list with some set and some removed."""
    names = {t[key] for t in add} | set(remove)
    return sorted([t for t in tags if t[key] not in names] + list(add), key=lambda t: t[key])
