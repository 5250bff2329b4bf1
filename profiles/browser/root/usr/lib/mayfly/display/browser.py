"""Chromium, warm: waits on a socket with a blank page, and does one thing at a time for whoever asks."""

import select
import sys
import traceback

import capture as capturing
from browse import browse
from cdp import Chromium, Gone
from warm import warm

sys.path.insert(0, "/usr/lib/mayfly/display")

from serve import Asker, listen  # noqa: E402

DOES = {"browse": browse, "capture": capturing.capture, "warm": warm}


def main():
    chromium = Chromium()
    chromium.call("Target.setDiscoverTargets", discover=True)
    listener = listen()
    while True:
        # Read all the time: what Chromium says to nobody must not fill its pipe.
        ready, _, _ = select.select([listener, chromium], [], [])
        if chromium in ready:
            chromium.read(0)
            chromium.events.clear()
        if listener in ready:
            serve(chromium, Asker(listener.accept()[0]))


def serve(chromium, asker):
    what, *words = asker.words
    try:
        status = DOES[what](chromium, asker, words)
    except Exception:
        asker.complain(traceback.format_exc())
        status = 70
    asker.end(status)


try:
    main()
except Gone:
    sys.exit("Chromium ended")
