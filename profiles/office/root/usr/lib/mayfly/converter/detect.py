"""What a document is, by its content. The name's extension only decides between kinds of plain text."""

import os
import re
import subprocess
import zipfile

import olefile

from records import Failure

HEAD = 64 * 1024
MOST_MANIFEST = 1 << 20

MAGIC = [
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"{\\rtf", "rtf"),
]

PROGRAMS = [(b"MZ", "a Windows program"), (b"\x7fELF", "a Linux program"), (b"#!", "a script")]

ODF = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.graphics": "odg",
    "application/epub+zip": "epub",
}

OOXML = [("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")]

TEXTS = {"txt", "md", "csv", "tsv", "html", "eml"}

ALIASES = {
    "jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "htm": "html", "xhtml": "html", "markdown": "md", "text": "txt",
    "log": "txt", "tab": "tsv", "docm": "docx", "dotx": "docx", "dotm": "docx", "dot": "doc", "xlsm": "xlsx",
    "xltx": "xlsx", "xltm": "xlsx", "xlt": "xls", "pptm": "pptx", "potx": "pptx", "ppsx": "pptx", "ppsm": "pptx",
    "pps": "ppt", "ott": "odt", "ots": "ods", "otp": "odp", "otg": "odg", "fodt": "odt", "fods": "ods",
    "fodp": "odp", "fodg": "odg", "svgz": "svg",
}  # fmt: skip


class BrokenContainer(Failure):
    """A ZIP container whose table of contents cannot be read."""

    def __init__(self, error):
        super().__init__("damaged", f"a ZIP container that cannot be read ({error})")


def expected_format(path):
    """The format that the file's name promises; "" where it has no extension."""
    extension = os.path.splitext(path)[1].lower().lstrip(".")
    return ALIASES.get(extension, extension)


def detect(path):
    """@returns (format, is it encrypted); raises Failure where Mayfly opens no such thing."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if not head.strip(b"\0 \t\r\n"):
        raise Failure("empty")
    expected = expected_format(path)
    for magic, format in MAGIC:
        if head.startswith(magic):
            return format, False
    if b"%PDF-" in head[:1024]:
        return "pdf", False
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp", False
    if head.startswith(b"\x1f\x8b") and expected == "svg":
        return "svg", False
    if head.startswith(b"PK\x03\x04"):
        return _inside_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _inside_ole(path, expected)
    for magic, what in PROGRAMS:
        if head.startswith(magic) and expected not in TEXTS:
            raise Failure("program", what)
    text = _as_text(head)
    if text is None:
        raise Failure("unsupported", _describe(path))
    return _text_format(text, expected), False


def _inside_zip(path):
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                kind = archive.open("mimetype").read(100).decode("ascii", "replace").strip()
                for known, format in ODF.items():
                    if kind.startswith(known):
                        return format, _is_encrypted(archive)
            if "[Content_Types].xml" in names:
                for folder, format in OOXML:
                    if any(name.startswith(folder) for name in names):
                        return format, False
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise BrokenContainer(error) from error
    raise Failure("unsupported", "a ZIP archive that is no document")


def _is_encrypted(archive):
    if "META-INF/manifest.xml" not in archive.namelist():
        return False
    return b"encryption-data" in archive.open("META-INF/manifest.xml").read(MOST_MANIFEST)


def _inside_ole(path, expected):
    try:
        with olefile.OleFileIO(path) as ole:
            streams = {entry[0] for entry in ole.listdir()}
    except Exception as error:  # whatever a damaged file makes it throw
        raise Failure("damaged", "an OLE container that cannot be read") from error
    if "EncryptedPackage" in streams:
        return (expected if expected in ("docx", "xlsx", "pptx") else "docx"), True
    for stream, format in (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt")):
        if stream in streams:
            return format, False
    raise Failure("unsupported", "an OLE container that is no document")


def _as_text(head):
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if b"\0" in head:
        return None
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start > len(head) - 4:
            return head.decode("utf-8-sig", "replace")
    controls = sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in head)
    return head.decode("cp1252", "replace") if controls * 100 < len(head) else None


def _text_format(text, expected):
    start = text.lstrip()[:4096].lower()
    if re.search(r"<svg[\s>]", start) and start.startswith("<"):
        return "svg"
    if "urn:oasis:names:tc:opendocument" in start:
        for word, format in (("spreadsheet", "ods"), ("presentation", "odp"), ("graphics", "odg")):
            if f'opendocument.{word}"' in start:
                return format
        return "odt"
    if re.match(r"<(!doctype\s+html|html|head|body|table|div|p|h1)[\s>]", start) and expected != "txt":
        return "html"
    if _is_mail(text) and expected not in TEXTS - {"eml"}:
        return "eml"
    return expected if expected in TEXTS else "txt"


def _is_mail(text):
    header = text.split("\n\n")[0]
    names = re.findall(r"^(from|to|subject|date|received|mime-version|message-id):", header, re.I | re.M)
    return len({name.lower() for name in names}) >= 3


def _describe(path):
    try:
        said = subprocess.run(["file", "-b", "--", path], capture_output=True, timeout=20, check=False).stdout
        return said.decode("utf-8", "replace").strip()[:200] or "data"
    except (OSError, subprocess.TimeoutExpired):
        return "data"
