"""The pages that Chromium shows: each window or tab is one."""

import time

from cdp import Late

MOST_WINDOWS = 20
FIRST_SECONDS = 600


class Windows:
    """Attaches to every page as it comes. A page that comes is held until `prepare` was done with it."""

    def __init__(self, chromium, prepare=None):
        self.chromium = chromium
        self.sessions = {}  # session → target
        self.closed = 0
        self.crashed = 0
        self._prepare = prepare
        chromium.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=True, flatten=True, filter=[{"type": "page"}])

    def end(self):
        if self.chromium.status is None:
            self.chromium.call("Target.setAutoAttach", autoAttach=False, waitForDebuggerOnStart=False, flatten=True)

    def first(self):
        """Session and target of the page that there is from the beginning."""
        self._dismiss()
        deadline = time.monotonic() + FIRST_SECONDS
        while not self.sessions:
            if time.monotonic() > deadline:
                raise Late("there is no page")
            self.chromium.read(1)
            self._dismiss()
        return next(iter(self.sessions.items()))

    def _dismiss(self):
        for _ in self.take():
            pass

    def document_of(self, session):
        """What tells the events of the document that is there now from those of the next."""
        return self.chromium.call("Page.getFrameTree", session)["frameTree"]["frame"]["loaderId"]

    def take(self):
        """What has come; what is about pages that come and go is dealt with before."""
        events = self.chromium.events
        while events:
            event = events.popleft()
            method, about = event["method"], event["params"]
            if method == "Target.attachedToTarget":
                self._attached(about["sessionId"], about["targetInfo"])
            elif method == "Target.detachedFromTarget":
                self.sessions.pop(about["sessionId"], None)
            elif method == "Inspector.targetCrashed":
                self.crashed += 1
            yield event

    def _attached(self, session, target):
        if target["type"] != "page":
            return
        if len(self.sessions) >= MOST_WINDOWS:
            self.closed += 1
            self.close(target["targetId"])
            return
        self.sessions[session] = target["targetId"]
        send = self.chromium.send
        send("Inspector.enable", session)
        send("Page.enable", session)
        send("Page.setLifecycleEventsEnabled", session, enabled=True)
        if self._prepare is not None:
            self._prepare(session, target)
        send("Runtime.runIfWaitingForDebugger", session)

    def close(self, target):
        self.chromium.send("Target.closeTarget", targetId=target)
