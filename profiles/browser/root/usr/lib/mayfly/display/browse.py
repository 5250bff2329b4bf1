"""Shows a page until its last window is closed."""

import select
import time
from urllib.parse import quote, urlsplit

from cdp import Gone
from printer import Printer
from windows import MOST_WINDOWS, Windows

MOST_ELSEWHERE = 100
TOP = "Document"


def browse(chromium, asker, words):
    """`browse [--only SITE] URL`"""
    only = None
    if len(words) == 3 and words[0] == "--only":
        only, words = words[1].lower(), words[2:]
    if len(words) != 1:
        asker.complain("browse: one address is needed: browse [--only SITE] URL")
        return 64
    try:
        browsing = Browsing(chromium, asker, only)
        try:
            return browsing.run(words[0])
        finally:
            browsing.end()
    except Gone:
        if chromium.status == 0:
            return 0
        asker.complain(f"the browser crashed ({_how(chromium.status)})")
        return 70


class Browsing:
    def __init__(self, chromium, asker, only):
        self._chromium = chromium
        self._asker = asker
        self._only = only
        self._elsewhere = 0
        self._told = set()
        self._printer = Printer()
        self._windows = Windows(chromium, self._prepare)
        self._session, self._target = self._windows.first()
        self._blank = self._windows.document_of(self._session)
        self._shown = False
        self._going = None

    def run(self, url):
        self._going = self._chromium.send("Page.navigate", self._session, url=url)
        while True:
            for event in self._windows.take():
                self._one(event)
            self._look_after()
            ready, _, _ = select.select([self._chromium, self._asker], [], [], 1)
            if self._asker in ready:
                return 0  # nobody waits for it any more
            if self._chromium in ready:
                self._chromium.read(0)

    def end(self):
        self._windows.end()

    def _prepare(self, session, target):
        if self._only is None:
            return
        patterns = [{"urlPattern": "*", "resourceType": TOP, "requestStage": "Request"}]
        self._chromium.send("Fetch.enable", session, patterns=patterns)

    def _one(self, event):
        session, about = event.get("sessionId"), event["params"]
        if event["method"] == "Fetch.requestPaused":
            self._decide(session, about)
        elif event["method"] == "Page.lifecycleEvent" and session == self._session and about["frameId"] == self._target:
            if about["loaderId"] != self._blank and about["name"] in ("firstContentfulPaint", "load"):
                self._ready()

    def _look_after(self):
        answer = self._going and self._chromium.answer(self._going)
        if answer:
            self._going = None
            problem = answer.get("result", {}).get("errorText") or answer.get("error", {}).get("message")
            if problem:
                self._asker.complain(f"the page cannot be shown: {problem}")
                self._ready()
        if self._windows.closed:
            self._once(f'the limit "windows" ({MOST_WINDOWS}) was reached: more were closed')
        if self._windows.crashed:
            self._once("a page crashed")
        self._printer.take()

    def _ready(self):
        if not self._shown:
            self._shown = True
            # Nobody wants to go back to the blank page that was there before.
            self._chromium.send("Page.resetNavigationHistory", self._session)
            self._asker.say("ready")

    def _decide(self, session, about):
        """A page of another site stays out of this machine, whoever asks for it: a link, a script, a redirection."""
        url, target = about["request"]["url"], self._windows.sessions.get(session)
        if about["frameId"] != target or self._belongs(url):
            self._chromium.send("Fetch.continueRequest", session, requestId=about["requestId"])
            return
        self._chromium.send("Fetch.failRequest", session, requestId=about["requestId"], errorReason="Aborted")
        self._elsewhere += 1
        if self._elsewhere <= MOST_ELSEWHERE:
            self._asker.say(f"elsewhere {_one_line(url + about['request'].get('urlFragment', ''))}")
        else:
            self._once(f'the limit "elsewhere" ({MOST_ELSEWHERE}) was reached: more are not told')
        if target != self._target:
            self._windows.close(target)  # a window that was opened for it

    def _belongs(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return True  # it comes from no site
        host = (parts.hostname or "").rstrip(".")
        return host == self._only or host.endswith(f".{self._only}")

    def _once(self, text):
        if text not in self._told:
            self._told.add(text)
            self._asker.complain(text)


def _one_line(url):
    return quote(url, safe="%/:?#[]@!$&'()*+,;=~-._")


def _how(status):
    return f"signal {-status}" if status < 0 else f"status {status}"
