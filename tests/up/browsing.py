"""A person at the site: logs in with the one-time link, writes an article with a picture, finds it again, also in other tasks. With a browser."""

import struct
import time
import zlib

import webdriver
from up_stack import ROOT, SHARES_FILES, TASKS

ARTIFACTS = ROOT / "build" / "test" / "screenshots"
TITLE, TEXT = "An article <b>of ours</b>", "First line.\nSecond & last line."


def png(width, height):
    """An image of one colour."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # noqa: E731
    rows = (b"\0" + b"\xd9\x9a\x00" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Browsing:
    """With `stack`, an UpStack that is up."""

    def setUp(self):
        if program := webdriver.missing():
            self.skipTest(f"{program} is not installed: scripts/packages.py test installs it")
        self.stack.first
        self.picture = self.stack.folder / "picture.png"
        self.picture.write_bytes(png(320, 200))

    def read_article(self, browser, with_picture=True):
        self.assertEqual(browser.text("h1"), TITLE)
        self.assertIn("First line.\nSecond & last line.", browser.text("main"))
        # [how many pictures, width of the first as the browser decoded it]
        shown = browser.run("return [document.images.length, document.images[0]?.complete ? document.images[0].naturalWidth : -1]")
        self.assertEqual(shown, [1, 320 if with_picture else 0])

    def tasks(self):
        ecs, cluster = self.stack.cloud.ecs, self.stack.outputs["cluster_name"]
        return set(ecs.list_tasks(cluster=cluster, serviceName=self.stack.outputs["service_name"])["taskArns"])

    def replace_tasks(self, seconds=150):
        """Until other tasks than those of before serve, and only they."""
        before = self.tasks()
        self.assertEqual(len(before), TASKS)
        ecs, names = self.stack.cloud.ecs, {"cluster": self.stack.outputs["cluster_name"]}
        ecs.update_service(**names, service=self.stack.outputs["service_name"], forceNewDeployment=True)
        until = time.monotonic() + seconds
        while self.tasks() & before or len(self.tasks()) != TASKS or len(self.deployments()) != 1:
            self.assertLess(time.monotonic(), until, f"the tasks were not replaced: {self.deployments()}")
            time.sleep(0.3)

    def deployments(self):
        return self.stack.cloud.ecs.describe_services(cluster=self.stack.outputs["cluster_name"], services=[self.stack.outputs["service_name"]])["services"][0]["deployments"]

    def test_an_article_with_a_picture(self):
        with webdriver.Browser() as browser:
            try:
                self.write_and_read(browser)
            except BaseException:
                kept = ARTIFACTS / f"{self.id()}.png"
                browser.screenshot(kept)
                print(f"what the browser showed: {kept}", flush=True)
                raise

    def write_and_read(self, browser):
        home = f"http://localhost:{self.stack.door}/"
        link = self.stack.login_link()
        browser.open(home + "article/new")
        self.assertEqual(browser.text("h1"), "Log in first")
        browser.open(link)
        self.assertEqual(browser.url(), home)
        self.assertIn("You are logged in as the editor.", browser.text("main"))

        browser.follow("Write an article")
        browser.type("input[name=title]", TITLE)
        browser.type("textarea[name=body]", TEXT)
        browser.type("input[type=file]", str(self.picture))
        browser.click("form button")
        article = browser.url()
        self.assertRegex(article, rf"^{home}article/[0-9]+$")
        self.read_article(browser)
        browser.reload()
        self.read_article(browser)

        with webdriver.Browser() as another:
            another.open(link)
            self.assertEqual(another.text("h1"), "This login link is used up")
            another.open(home)
            another.follow(TITLE)
            # By whichever task each request goes to.
            for _ in range(4 * TASKS):
                self.read_article(another)
                another.reload()

        self.replace_tasks()
        browser.open(article)
        # Without a shared folder a picture ends with the task that took it.
        self.read_article(browser, with_picture=SHARES_FILES)
        browser.open(home)
        self.assertIn("You are logged in as the editor.", browser.text("main"))
