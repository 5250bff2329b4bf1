"""What `capture` says to the host: the same records as the office's converter (docs/documents.md)."""

import json
import os
import struct

HEADER = struct.Struct(">cI")
PAGE = struct.Struct(">IIII")
PIECE = 32 * 1024


class Failure(Exception):
    """The page cannot be captured; `code` is one that the host knows."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = str(detail)


class Records:
    def __init__(self, descriptor):
        self._descriptor = descriptor

    def _write(self, letter, *parts):
        for part in (HEADER.pack(letter, sum(len(part) for part in parts)), *parts):
            part = memoryview(part)
            while part:
                part = part[os.write(self._descriptor, part) :]

    def _json(self, letter, value):
        self._write(letter, json.dumps(value).encode())

    def document(self, format, pages):
        self._json(b"D", {"format": format, "pages": pages})

    def note(self, code, detail=""):
        self._json(b"N", {"code": code, "detail": str(detail)[:500]})

    def page(self, number, width, height, dpi, pixels):
        self._write(b"P", PAGE.pack(number, width, height, dpi), pixels)

    def text(self, text):
        data = text.encode("utf-8", "replace")
        for start in range(0, len(data), PIECE):
            self._write(b"T", data[start : start + PIECE])

    def failure(self, code, detail=""):
        self._json(b"F", {"code": code, "detail": str(detail)[:500]})

    def end(self):
        self._write(b"E")
