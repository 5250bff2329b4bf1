"""A viewer inside the machine, for the warm-up: it looks, types, points and changes the screen's size as a person's tab will,
so that all that answers to that is there."""

import socket
import struct
import threading
import time

SCREEN = "/run/mayfly/display/rfb.sock"
VERSION = b"RFB 003.008\n"
PIXEL_FORMAT = bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0])
ENCODINGS = (1, 7, 0, -308, -224, -239, -255)
"""What a tab asks for: copies, Tight, raw, sizes, last rectangles, cursors, fast compression."""
LEFT, WHEEL_UP, WHEEL_DOWN = 1, 8, 16
QUIET_SECONDS = 0.35
"""Shorter than a text cursor takes to blink."""
MOST_SECONDS = 5


class Viewer:
    def __init__(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(SCREEN)
        self._last = time.monotonic()
        self._take(len(VERSION))
        self._socket.sendall(VERSION)
        self._take(self._take(1)[0])
        self._socket.sendall(b"\1")
        self._take(4)
        self._socket.sendall(b"\1")
        self.width, self.height, name = struct.unpack(">HH16xI", self._take(24))
        self._take(name)
        self._socket.sendall(bytes(4) + PIXEL_FORMAT + struct.pack(f">BxH{len(ENCODINGS)}i", 2, len(ENCODINGS), *ENCODINGS))
        self._ask(0)
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RD)
        self._looking.join()
        self._socket.close()

    def resize(self, width, height):
        self._socket.sendall(struct.pack(">BxHHBxIHHHHI", 251, width, height, 1, 0, 0, 0, width, height, 0))
        self.settle()

    def type(self, text):
        for letter in text:
            for is_down in (1, 0):
                self._socket.sendall(struct.pack(">BBxxI", 4, is_down, ord(letter)))
        self.settle()

    def point(self, x, y, buttons=0):
        """Moves the pointer, presses the buttons and lets them go."""
        for mask in (0, buttons, 0):
            self._socket.sendall(struct.pack(">BBHH", 5, mask, x, y))
        self.settle()

    def settle(self):
        """Waits until nothing new has been drawn for a while."""
        began = self._last = time.monotonic()
        while time.monotonic() < min(self._last + QUIET_SECONDS, began + MOST_SECONDS):
            time.sleep(0.05)

    def _look(self):
        """What comes is not of interest, but the screen shall make it."""
        while self._socket.recv(1 << 20):
            self._last = time.monotonic()
            self._ask(1)
            time.sleep(0.01)

    def _ask(self, is_incremental):
        self._socket.sendall(struct.pack(">BBHHHH", 3, is_incremental, 0, 0, 0xFFFF, 0xFFFF))

    def _take(self, length):
        content = self._socket.recv(length, socket.MSG_WAITALL)
        if len(content) < length:
            raise EOFError("the screen went away")
        return content
