"""Chromium, and how it is spoken to: DevTools messages over two pipes that nothing else in the machine has."""

import collections
import fcntl
import json
import os
import select
import time

PROGRAM = "/usr/lib/chromium/chromium"
HOME = "/tmp/chromium"
PRINTED = f"{HOME}-printed"
FLAGS = [
    "--remote-debugging-pipe",
    f"--user-data-dir={HOME}",
    "--ozone-platform=x11",
    "--start-maximized",
    # No graphics card, and no program that draws in place of one for pages that ask: some of those are slower than none.
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--password-store=basic",
    # Prints at once, into a file.
    "--kiosk-printing",
    # Nothing on its own account: no updates, no reports, no experiments.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    # Its updater asks all the same once it has run for a while: of this machine, where nobody answers.
    "--component-updater=url-source=http://127.0.0.1:1/",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-field-trial-config",
    "--disable-search-engine-choice-screen",
    "--disable-session-crashed-bubble",
    "--disable-sync",
    "--hide-crash-restore-bubble",
    "--disable-features=AutofillServerCommunication,CertificateTransparencyComponentUpdater,DialMediaRouteProvider,"
    "GlobalMediaControls,InterestFeedContentSuggestions,MediaRouter,OptimizationHints,OptimizationGuideModelDownloading,"
    "PrivacySandboxSettings4,Translate,WebOTP",
]
PREFERENCES = {
    "browser": {"has_seen_welcome_page": True, "show_home_button": False, "custom_chrome_frame": False},
    "profile": {"name": "Mayfly"},
    "savefile": {"default_directory": PRINTED},
    "printing": {
        "print_preview_sticky_settings": {
            "appState": json.dumps(
                {"version": 2, "recentDestinations": [{"id": "Save as PDF", "origin": "local"}], "selectedDestinationId": "Save as PDF"}
            )
        }
    },
}
MOST_MESSAGE = 256 * 1024 * 1024
SECONDS = 600
"""For an answer: under emulation, on a busy machine, Chromium's first ones take minutes."""


class Gone(Exception):
    """Chromium has ended."""


class Refused(Exception):
    """Chromium answered with an error."""


class Late(Exception):
    """No answer in time."""


class Chromium:
    def __init__(self):
        os.makedirs(f"{HOME}/Default", exist_ok=True)
        os.makedirs(PRINTED, exist_ok=True)
        with open(f"{HOME}/Default/Preferences", "w", encoding="utf-8") as file:
            json.dump(PREFERENCES, file)
        its_in, self._to = os.pipe()
        self._from, its_out = os.pipe()
        log = os.open("/tmp/chromium.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # Away from 3 and 4, where each could be in the other's place.
        its_in, its_out = _high(its_in), _high(its_out)
        files = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
        files += [(os.POSIX_SPAWN_DUP2, each, target) for each, target in ((log, 1), (log, 2), (its_in, 3), (its_out, 4))]
        environment = {**os.environ, "DISPLAY": ":1", "DBUS_SESSION_BUS_ADDRESS": "disabled:", "CHROME_DESKTOP": "chromium.desktop"}
        self.pid = os.posix_spawn(PROGRAM, [PROGRAM, *FLAGS, "about:blank"], environment, file_actions=files)
        for each in (its_in, its_out, log):
            os.close(each)
        self.status = None
        self.events = collections.deque()
        self._rest = bytearray()
        self._answers = {}
        self._last = 0

    def fileno(self):
        return self._from

    def call(self, method, session=None, seconds=SECONDS, **parameters):
        """What Chromium answers. Events that come meanwhile wait in `events`. Raises Gone, Refused, Late."""
        number = self.send(method, session, **parameters)
        deadline = time.monotonic() + seconds
        while number not in self._answers:
            self.read(deadline - time.monotonic())
            if time.monotonic() > deadline:
                raise Late(method)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise Refused(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def send(self, method, session=None, **parameters):
        """Asks for something without waiting for the answer, which is dropped unless `call` waits for it."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        content = memoryview(json.dumps(message).encode() + b"\0")
        while content:
            try:
                content = content[os.write(self._to, content) :]
            except BrokenPipeError:
                self._ended()
        return self._last

    def answer(self, number):
        """The answer to what `send` asked for; None while there is none."""
        return self._answers.get(number)

    def read(self, seconds):
        """Takes what has come, waiting at most so long for it."""
        ready, _, _ = select.select([self._from], [], [], max(0, seconds))
        if not ready:
            return
        piece = os.read(self._from, 1 << 20)
        if not piece:
            self._ended()
        self._rest += piece
        if len(self._rest) > MOST_MESSAGE:
            raise Refused("a message without end")
        *messages, rest = self._rest.split(b"\0")
        self._rest = bytearray(rest)
        for each in messages:
            message = json.loads(each)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)
        # Answers that nobody waits for.
        for number in [number for number in self._answers if number < self._last - 100]:
            del self._answers[number]

    def _ended(self):
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        raise Gone()


def _high(descriptor):
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return high
