"""Takes the place of the guest's screen, and says that it is 5,000 × 5,000 pixels large."""

import os
import socket
import struct
import sys

sys.stdin.readline()
path = "/run/mayfly/display/rfb.sock"
os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(8)
print("ready", flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(b"RFB 003.008\n" + bytes([1, 1]) + bytes(4) + struct.pack(">HH", 5000, 5000) + bytes(20))
