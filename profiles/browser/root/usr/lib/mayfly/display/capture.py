"""Makes pixels and text of a page: one request on standard input, records on standard output."""

import base64
import io
import json
import os
import time

from PIL import Image

from cdp import Gone, Late, Refused
from records import Failure, Records
from windows import Windows

MOST_REQUEST = 64 * 1024
DPI = 96
SHOT_SECONDS = 120
QUIET_SECONDS = 5
"""How long after it has loaded a page may go on fetching before it is taken as it is."""
MOST_TEXT = 16 * 1024 * 1024
TEXT = f"(document.body ? document.body.innerText : '').slice(0, {MOST_TEXT})"
SIZE = """(() => { const e = document.documentElement, b = document.body;
  return [Math.max(e.scrollWidth, b ? b.scrollWidth : 0), Math.max(e.scrollHeight, b ? b.scrollHeight : 0)]; })()"""
Image.MAX_IMAGE_PIXELS = None


def capture(chromium, asker, words):
    """`capture URL`"""
    records = Records(asker.stdout)
    try:
        request = json.loads(_line(asker.stdin))
        if len(words) != 1:
            raise Failure("protocol", "one address is needed")
        capture = Capture(chromium, records, request)
        try:
            capture.run(words[0])
        finally:
            capture.end()
        records.end()
    except Failure as failure:
        records.failure(failure.code, failure.detail)
    except Gone:
        records.failure("crashed", "The browser")
    except BrokenPipeError:
        pass
    except (Late, Refused) as error:
        records.failure("page-busy", error)
    except Exception as error:
        records.failure("unexpected", f"{type(error).__name__}: {error}")
    return 0


def _line(descriptor):
    content = b""
    while not content.endswith(b"\n") and len(content) < MOST_REQUEST:
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        content += piece
    return content


class Capture:
    def __init__(self, chromium, records, request):
        self._chromium = chromium
        self._records = records
        self._width = request["width"]
        self._forms = request["forms"]
        self._limits = request["limits"]
        self._windows = Windows(chromium)
        self._session, self._target = self._windows.first()
        self._blank = self._windows.document_of(self._session)
        self._status = None
        self._loaded_at = None
        self._quiet = False
        self._crashed = False
        self._more_windows = 0

    def end(self):
        self._windows.end()

    def run(self, url):
        self._prepare()
        self._load(url)
        self._tell()
        wants_pixels = any(form in ("pdf", "png") for form in self._forms)
        if wants_pixels:
            size = self._size()
        self._records.document("html", 1 if wants_pixels else None)
        if wants_pixels:
            self._shoot(size)
        if "text" in self._forms:
            self._records.text(self._evaluate(TEXT))

    def _call(self, method, seconds=60, **parameters):
        seconds = max(seconds, self._limits["seconds"])  # whoever has patience for the page has it for its browser
        return self._chromium.call(method, self._session, seconds, **parameters)

    def _prepare(self):
        self._chromium.call("Browser.setDownloadBehavior", behavior="deny")
        self._call("Emulation.setDeviceMetricsOverride", width=self._width, height=self._limits["view"], deviceScaleFactor=1, mobile=False)
        self._call("Network.enable", maxTotalBufferSize=0, maxResourceBufferSize=0)

    def _load(self, url):
        deadline = time.monotonic() + self._limits["seconds"]
        going = self._chromium.send("Page.navigate", self._session, url=url)
        while not self._is_done():
            answer = going and self._chromium.answer(going)
            if answer:
                going = None
                _require_page(answer)
            self._chromium.read(min(0.25, max(0, deadline - time.monotonic())))
            for event in self._windows.take():
                self._one(event)
            if self._crashed:
                raise Failure("crashed", "The page")
            if time.monotonic() > deadline:
                if going is not None:
                    raise Failure("unreachable", "no answer in time")
                self._stop()
                return

    def _is_done(self):
        return self._loaded_at is not None and (self._quiet or time.monotonic() > self._loaded_at + QUIET_SECONDS)

    def _one(self, event):
        method, about, session = event["method"], event["params"], event.get("sessionId")
        if method == "Target.attachedToTarget":
            if about["sessionId"] != self._session and about["targetInfo"]["type"] == "page":
                self._more_windows += 1
                self._windows.close(about["targetInfo"]["targetId"])
        elif session != self._session:
            return
        elif method == "Page.lifecycleEvent" and about["frameId"] == self._target and about["loaderId"] != self._blank:
            if about["name"] == "load":
                self._loaded_at = time.monotonic()
            elif about["name"] == "networkIdle":
                self._quiet = True
            elif about["name"] == "init":  # it goes on to another page by itself
                self._loaded_at, self._quiet = None, False
        elif method == "Page.javascriptDialogOpening":
            self._chromium.send("Page.handleJavaScriptDialog", session, accept=False)
        elif method == "Network.responseReceived" and about["type"] == "Document" and about.get("frameId") == self._target:
            self._status = about["response"]["status"]
        elif method == "Inspector.targetCrashed":
            self._crashed = True

    def _stop(self):
        """A page that does not come to rest is taken as it is; its scripts run no more."""
        self._records.note("page-slow", self._limits["seconds"])
        for method, parameters in (("Emulation.setScriptExecutionDisabled", {"value": True}), ("Runtime.terminateExecution", {}), ("Page.stopLoading", {})):
            self._chromium.send(method, self._session, **parameters)

    def _tell(self):
        if self._status is not None and self._status >= 400:
            self._records.note("http-status", self._status)
        if self._more_windows:
            self._records.note("windows", self._more_windows)

    def _evaluate(self, expression):
        """In a world of its own, where the page's scripts changed nothing."""
        world = self._call("Page.createIsolatedWorld", frameId=self._target, worldName="mayfly")["executionContextId"]
        answer = self._call("Runtime.evaluate", expression=expression, contextId=world, returnByValue=True, timeout=30_000)
        if "exceptionDetails" in answer:
            raise Failure("page-busy", "it cannot be looked at")
        return answer["result"]["value"]

    def _size(self):
        width, height = self._evaluate(SIZE)
        shown_width = max(self._width, min(width, self._limits["width"]))
        shown_height = max(1, min(height, self._limits["height"], self._limits["pixels"] // shown_width))
        if (shown_width, shown_height) < (width, height) or shown_height < height:
            self._records.note("page-cut", f"{width}x{height} {shown_width}x{shown_height}")
        return shown_width, shown_height

    def _shoot(self, size):
        width, height = size
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self._call("Page.captureScreenshot", SHOT_SECONDS, format="png", clip=clip, captureBeyondViewport=True, optimizeForSpeed=True)
        image = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
        self._records.page(1, image.width, image.height, DPI, image.tobytes())


def _require_page(answer):
    if "error" in answer:
        raise Failure("unreachable", answer["error"].get("message"))
    result = answer["result"]
    if result.get("isDownload"):
        raise Failure("download")
    if result.get("errorText"):
        raise Failure("unreachable", result["errorText"])
