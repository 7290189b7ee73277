"""The cloud that a test plays for the provider: one JSON line a call over a unix socket, one line back.

It keeps objects in memory, so that a test can look at them, change them behind Terraform's back and break calls.
Requests and answers are held against the API models where those are at hand.
"""

import json
import pathlib
import socketserver
import threading

from .base import ACCOUNT, ApiError, Service
from .ec2 import Ec2
from .ecr import Ecr
from .ecs import Ecs
from .efs import Efs
from .elbv2 import Elbv2
from .iam import Iam
from .kms import Kms
from .logs import Logs
from .models import Models
from .rds import Rds
from .secretsmanager import Secretsmanager
from .sts import Sts

__all__ = ["ACCOUNT", "ApiError", "Cloud"]

SERVICES = (Ec2, Ecr, Ecs, Efs, Elbv2, Iam, Kms, Logs, Rds, Secretsmanager, Sts)


class Cloud:
    def __init__(self, socket_path):
        self.lock = threading.RLock()
        self.calls = []       # (service, operation, request)
        self.faults = []      # functions of (service, operation, request) that may raise ApiError or block
        self.models = Models()
        self.services = {one.name: one() for one in SERVICES}
        cloud = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline()
                if line:
                    self.wfile.write(json.dumps(cloud.answer(json.loads(line))).encode())

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            request_queue_size = 64

        self.path = pathlib.Path(socket_path)
        self.server = Server(str(self.path), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __getattr__(self, name):
        if name in self.__dict__.get("services", {}):
            return self.services[name]
        raise AttributeError(name)

    def answer(self, call):
        service, operation, request = call["service"], call["operation"], call["request"]
        try:
            for fault in list(self.faults):
                fault(service, operation, request)
            with self.lock:
                self.calls.append((service, operation, request))
                self.models.check_request(service, operation, request)
                one = self.services.get(service)
                method = getattr(one, operation, None) if one else None
                if not method:
                    raise ApiError("NotImplemented", f"{service}:{operation}")
                one.region = call["region"]
                answer = method(request) or {}
                self.models.check_answer(service, operation, answer)
                # A copy, so that what was answered stays as it was.
                return {"answer": json.loads(json.dumps(answer))}
        except ApiError as error:
            return {"code": error.code, "message": error.message}
        except Exception as bug:  # noqa: BLE001: the provider would wait for ever
            return {"code": "TestCloudBug", "message": f"{service}:{operation}: {type(bug).__name__}: {bug}"}

    def everything(self):
        """{"ec2.vpcs": {id: document}} of what exists and was made by a call."""
        return {f"{service}.{kind}": things for service, one in self.services.items()
                for kind, things in one.things.items() if things and kind not in one.always_there}
