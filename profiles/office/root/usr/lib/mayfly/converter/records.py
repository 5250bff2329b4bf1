"""What the converter says to the host: a stream of records.

A record is a letter, a length (32 bits, big endian) and so many bytes. docs/documents.md describes each. The host
believes none of it: it checks every number before it acts on it.
"""

import json
import struct

HEADER = struct.Struct(">cI")
PAGE = struct.Struct(">IIII")
PIECE = 32 * 1024


class Failure(Exception):
    """The document cannot be converted; `code` is one that the host knows."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = str(detail)


class Records:
    def __init__(self, stream):
        self._stream = stream

    def _write(self, letter, *parts):
        self._stream.write(HEADER.pack(letter, sum(len(part) for part in parts)))
        for part in parts:
            self._stream.write(part)

    def _json(self, letter, value):
        self._write(letter, json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))

    def document(self, format, pages):
        """What it is, and how many pages will come; None where that is not known yet."""
        self._json(b"D", {"format": format, "pages": pages})
        self.flush()

    def note(self, code, detail=""):
        self._json(b"N", {"code": code, "detail": str(detail)[:500]})

    def page(self, number, width, height, dpi, pixels):
        self._write(b"P", PAGE.pack(number, width, height, dpi), pixels)
        self.flush()

    def words(self, words):
        self._json(b"W", words)

    def text(self, text):
        data = text.encode("utf-8", "replace")
        for start in range(0, len(data), PIECE):
            self._write(b"T", data[start : start + PIECE])

    def sheet(self, name):
        self._json(b"S", {"name": name[:200]})

    def rows(self, rows):
        self._json(b"R", rows)

    def failure(self, code, detail=""):
        self._json(b"F", {"code": code, "detail": str(detail)[:500]})
        self.flush()

    def end(self):
        self._write(b"E")
        self.flush()

    def flush(self):
        self._stream.flush()
