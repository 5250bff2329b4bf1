"""Serves `ask`: one request at a time, with the asker's own streams. What is warm lives in this process."""

import os
import select
import socket
import struct

SOCKET = "/run/mayfly/display/server.sock"
MOST_WORDS = 256 * 1024


class Asker:
    """Who asked, and its streams."""

    def __init__(self, connection):
        self.connection = connection
        head, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
        self.stdin, self.stdout, self.stderr = descriptors
        length = struct.unpack("<I", head)[0]
        if length > MOST_WORDS:
            raise ValueError(f"a request of {length} bytes")
        words = connection.recv(length, socket.MSG_WAITALL)
        self.words = [word.decode("utf-8", "surrogateescape") for word in words.split(b"\0")]

    def say(self, line):
        self._write(self.stdout, line)

    def complain(self, line):
        self._write(self.stderr, line)

    def fileno(self):
        """Readable when the asker is gone."""
        return self.connection.fileno()

    def is_gone(self, seconds):
        """Whether it went away within so long."""
        return bool(select.select([self.connection], [], [], seconds)[0])

    def end(self, status):
        for descriptor in (self.stdin, self.stdout, self.stderr):
            os.close(descriptor)
        try:
            self.connection.sendall(bytes([status]))
        except OSError:
            pass  # it did not wait
        self.connection.close()

    @staticmethod
    def _write(descriptor, line):
        try:
            os.write(descriptor, f"{line}\n".encode("utf-8", "surrogateescape"))
        except OSError:
            pass  # nobody reads it


def listen():
    listener = socket.socket(socket.AF_UNIX)
    # Bound under another name first: who sees the name can connect.
    listener.bind(f"{SOCKET}.new")
    listener.listen(4)
    os.rename(f"{SOCKET}.new", SOCKET)
    return listener
