"""The converter: waits on a socket with everything loaded, serves one request a connection, ends with the machine."""

import json
import os
import socket
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from convert import Conversion
from office import Office, start
from recognise import recognise
from records import Failure, Records
from serve_address import SOCKET

MOST_REQUEST = 64 * 1024


def serve(connection, office):
    with connection, connection.makefile("rb", buffering=1 << 16) as incoming, connection.makefile("wb", buffering=1 << 18) as outgoing:
        records = Records(outgoing)
        try:
            request = json.loads(incoming.readline(MOST_REQUEST))
            if request["do"] == "recognise":
                recognise(incoming, request["languages"], records)
            else:
                Conversion(office, request, records).run()
            records.end()
        except Failure as failure:
            records.failure(failure.code, failure.detail)
        except MemoryError:
            records.failure("memory")
        except BrokenPipeError:
            pass
        except Exception as error:
            records.failure("unexpected", f"{type(error).__name__}: {error} at {_place(error)}")


def _place(error):
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"


def main():
    start()
    office = Office()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET)
    listener.listen(1)
    while True:
        serve(listener.accept()[0], office)


main()
