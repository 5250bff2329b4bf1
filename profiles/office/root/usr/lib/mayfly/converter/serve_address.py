"""Where the converter listens."""

SOCKET = "/tmp/converter"
