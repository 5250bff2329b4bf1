"""What can be saved of a ZIP container whose table of contents is lost: each part is found by its own header."""

import struct
import zipfile
import zlib

LOCAL = struct.Struct("<4sHHHHHIIIHH")
STORED, DEFLATED = 0, 8
MOST_READ = 256 << 20
MOST_UNPACKED = 256 << 20
MOST_PARTS = 10_000


def rebuilt_zip(path, target):
    """Writes the parts that are whole to `target`."""
    with open(path, "rb") as file:
        data = file.read(MOST_READ)
    count, left, place = 0, MOST_UNPACKED, 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        while count < MOST_PARTS:
            place = data.find(b"PK\x03\x04", place)
            if place < 0 or place + LOCAL.size > len(data):
                return
            _, _, flags, method, _, _, _, packed, _, long_name, extra = LOCAL.unpack_from(data, place)
            start = place + LOCAL.size + long_name + extra
            name = data[place + LOCAL.size : place + LOCAL.size + long_name].decode("utf-8", "replace")
            content = _unpacked(data, start, method, packed, left)
            place += 4
            if content is not None and not flags & 1 and name not in archive.namelist():
                archive.writestr(name, content)
                count, left = count + 1, left - len(content)
    return count


def _unpacked(data, start, method, packed, most):
    """The part's content; None where it is not whole."""
    if method == STORED and start + packed <= len(data):
        return data[start : start + packed]
    if method != DEFLATED:
        return None
    try:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflater.decompress(memoryview(data)[start:], max(1, most))
        return content if inflater.eof else None
    except zlib.error:
        return None
