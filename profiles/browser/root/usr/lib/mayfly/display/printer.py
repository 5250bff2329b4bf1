"""What is printed: Chromium writes PDF files, which get numbers."""

import os

from cdp import PRINTED

TARGET = "/run/mayfly/printed"
MOST = 100


class Printer:
    def __init__(self):
        self._count = 0
        self._sizes = {}

    def take(self):
        """Moves files that are complete; call it now and then. One is complete when it has a PDF's end and grows no more."""
        for name in os.listdir(PRINTED):
            path = f"{PRINTED}/{name}"
            if not os.path.isfile(path) or name.endswith(".crdownload"):
                continue
            size = os.path.getsize(path)
            if self._sizes.get(path) == size and _is_complete(path):
                self._move(path)
            self._sizes[path] = size

    def _move(self, path):
        if self._count >= MOST:
            os.remove(path)
            return
        self._count += 1
        os.rename(path, f"{PRINTED}.now")
        with open(f"{PRINTED}.now", "rb") as source, open(f"{TARGET}/.new", "wb") as target:
            target.write(source.read())
        os.remove(f"{PRINTED}.now")
        os.rename(f"{TARGET}/.new", f"{TARGET}/{self._count}.pdf")


def _is_complete(path):
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - 1024))
        return b"%%EOF" in file.read()
