"""A strict HTTP client: an open-loop load in which everything but a 200 in time is a failure. Nothing is retried.

    load.py http://127.0.0.1:8080/ --rate 500 [--keep-alive 0.5] [--workers 24] [--patience 20] [--seconds N]

Says "begun" with the first answer. Runs for --seconds, or until SIGTERM or the end of its input; then prints one JSON object: requests, failed, failures (kind → count, with when the
first and the last were), p50/p99/longest in ms, and the longest time between two answers. Requests that begin late because the client is busy are timed from when
they were due. A kept connection is opened again only where the server said "Connection: close"; one that just ends is a failure.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
import urllib.parse


class Connection:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.reader = self.writer = None

    async def get(self, path, keep):
        """The status. Raises on a broken connection."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        self.writer.write((f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n" + ("" if keep else "Connection: close\r\n") + "\r\n").encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        if "content-length" in headers:
            await self.reader.readexactly(int(headers["content-length"]))
        else:
            await self.reader.read()
        if not keep or "content-length" not in headers or headers.get("connection", "").lower() == "close":
            self.close()
        return int(lines[0].split(" ")[1])

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


class Load:
    def __init__(self, url, rate, keep_alive=0.5, workers=24, patience=20.0):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.path = parts.hostname, parts.port or 80, parts.path or "/"
        self.rate, self.keep_alive, self.workers, self.patience = rate, keep_alive, workers, patience
        self.times, self.failures = [], {}
        self.begun = self.last_answer = self.gap = 0.0
        self.stopping = False

    async def _worker(self, index, keep):
        connection = Connection(self.host, self.port)
        interval = self.workers / self.rate
        due = time.monotonic() + interval * index / self.workers
        while not self.stopping:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if self.stopping:
                break
            try:
                async with asyncio.timeout(self.patience):
                    status = await connection.get(self.path, keep)
                outcome = None if status == 200 else str(status)
            except TimeoutError:
                outcome = "timeout"
            except (OSError, asyncio.IncompleteReadError, ValueError, IndexError) as error:
                outcome = "ended without an answer" if isinstance(error, asyncio.IncompleteReadError) else type(error).__name__
            now = time.monotonic()
            if outcome is None:
                if not self.times:
                    print("begun", flush=True)
                self.times.append(now - due)
                self.gap = max(self.gap, now - self.last_answer)
                self.last_answer = now
            else:
                if not outcome.isdigit():
                    connection.close()
                at = self.failures.setdefault(outcome, {"count": 0, "first": now - self.begun})
                at["count"] += 1
                at["last"] = now - self.begun
            due = max(due + interval, now - self.patience)
        connection.close()

    async def run(self, seconds=None):
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, done.set)
        if seconds is None:
            loop.add_reader(sys.stdin.fileno(), lambda: sys.stdin.buffer.read1(4096) or done.set())
        self.begun = self.last_answer = time.monotonic()
        keeping = round(self.workers * self.keep_alive)
        workers = [asyncio.create_task(self._worker(i, i < keeping)) for i in range(self.workers)]
        try:
            await asyncio.wait_for(done.wait(), seconds)
        except TimeoutError:
            pass
        self.stopping = True
        await asyncio.gather(*workers)
        if self.failures:
            self.gap = max(self.gap, time.monotonic() - self.last_answer)
        return self.report()

    def report(self):
        times = sorted(self.times)
        failed = sum(f["count"] for f in self.failures.values())

        def at(share):
            return round(1000 * times[min(len(times) - 1, int(share * len(times)))], 1) if times else None
        return {"requests": len(times) + failed, "failed": failed,
                "failures": {k: {**v, "first": round(v["first"], 2), "last": round(v["last"], 2)} for k, v in self.failures.items()},
                "p50_ms": at(0.5), "p99_ms": at(0.99), "longest_ms": at(1.0), "longest_gap_ms": round(1000 * self.gap, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--keep-alive", type=float, default=0.5, help="share of the workers that keep their connection")
    parser.add_argument("--workers", type=int, default=24)
    parser.add_argument("--patience", type=float, default=20)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    load = Load(options.url, options.rate, options.keep_alive, options.workers, options.patience)
    report = asyncio.run(load.run(options.seconds))
    print(json.dumps(report))
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
