"""A browser without a window, driven by the W3C WebDriver protocol: Debian's chromium and chromedriver, and nothing else."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
WAIT_MS = 20000  # for a page and for an element


def missing():
    """What is not installed, or None."""
    return next((program for program in ("chromium", "chromedriver") if not shutil.which(program)), None)


class WebDriverError(Exception):
    pass


class Browser:
    """Use with `with`: the driver and every process of the browser end with it."""

    def __init__(self):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="terrarium-browser-"))
        self._driver = self._url = None

    def __enter__(self):
        # It chooses its port and says so. The profile holds everything that the browser writes.
        self._driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
                                        env={**os.environ, "HOME": str(self.profile), "TMPDIR": str(self.profile)})
        try:
            for line in self._driver.stdout:
                if started := re.search(r"started successfully on port (\d+)", line):
                    break
            else:
                raise WebDriverError("chromedriver did not start")
            self._url = f"http://127.0.0.1:{started[1]}"
            # As root the sandbox of the browser cannot be: it only sees the site under test.
            arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-sync", "--no-proxy-server",
                         "--window-size=1000,1400", f"--user-data-dir={self.profile}/profile"]
            capabilities = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium")}, "timeouts": {"implicit": WAIT_MS, "pageLoad": WAIT_MS}}
            session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self._url += f"/session/{session['sessionId']}"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self._url and "/session/" in self._url:
                self._send("DELETE", "")
        except (WebDriverError, OSError):
            pass
        try:
            os.killpg(self._driver.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._driver.wait()
        self._driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _send(self, method, path, body=None):
        request = urllib.request.Request(self._url + path, method=method, data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise WebDriverError(json.load(error)["value"]["message"].split("\n")[0]) from None

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def reload(self):
        self._send("POST", "/refresh", {})

    def url(self):
        return self._send("GET", "/url")

    def find(self, selector):
        """The first element of a CSS selector, once it is there."""
        return self._send("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector="body"):
        return self._send("GET", f"/element/{self.find(selector)}/text")

    def click(self, selector):
        self._send("POST", f"/element/{self.find(selector)}/click", {})

    def follow(self, text):
        """Clicks the link with that text."""
        link = self._send("POST", "/element", {"using": "link text", "value": text})[ELEMENT]
        self._send("POST", f"/element/{link}/click", {})

    def type(self, selector, text):
        """Into a field; into a file field the path of the file."""
        self._send("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def run(self, script):
        """The value of a piece of JavaScript, which may be a promise."""
        return self._send("POST", "/execute/sync", {"script": script, "args": []})

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._send("GET", "/screenshot")))
