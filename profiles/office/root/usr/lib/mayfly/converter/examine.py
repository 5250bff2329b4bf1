"""What a person should know of a document before they trust it: macros, links that fetch, programs inside, disguises."""

import re
import zipfile

import olefile

from records import Failure

MOST_UNPACKED = 1 << 30
"""Bytes that a document's parts may unpack to; more is taken for a bomb."""
MOST_PARTS = 50_000
READ_MOST = 32 << 20
MOST_NAMED = 10
PROLOGUE = 4096
"""Where XML defines its entities."""

NESTED_ENTITY = re.compile(rb"""<!ENTITY\s[^>]*?["'][^"'>]*&\w+;""")
"""An entity made of others: how bombs grow. Drawing programs define plain ones."""

ZIPPED = {"docx", "xlsx", "pptx", "odt", "ods", "odp", "odg", "epub"}
PROGRAM = re.compile(rb"MZ.{1,400}This program (cannot be run|must be run)|\x7fELF[\x01\x02][\x01\x02]\x01", re.S)
RELATIONSHIP = re.compile(rb"<Relationship\b[^>]*>")
ATTRIBUTE = re.compile(rb'(\w+)\s*=\s*"([^"]*)"')
FETCHED = re.compile(
    rb"""(?:\bsrc\s*=\s*|<link\b[^>]*\bhref\s*=\s*|\bxlink:href\s*=\s*|url\()\s*["']?((?:https?|ftp|file|smb):[^"'\s)>]+|\\\\[^"'\s)>]+)""",
    re.I,
)
ODF_FETCHED = re.compile(rb'<(?:draw:image|draw:object|draw:plugin|table:table-source|office:script)\b[^>]*xlink:href="((?:https?|ftp|file|smb):[^"]+)')
RTF_FETCHED = re.compile(rb"(?:INCLUDEPICTURE|INCLUDETEXT|\\\*\\template)\s*\"?\s*((?:https?|ftp|file):[^\"}\s]+)")


def examine(path, format, records):
    """Sends a note for each thing found; raises Failure for what would only exhaust the machine."""
    with open(path, "rb") as file:
        head = file.read(READ_MOST)
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 70_000))
        tail = file.read()
    _disguise(format, head, tail, records)
    if format in ZIPPED and head.startswith(b"PK"):
        _container(path, format, records)
    elif olefile.isOleFile(path):
        _ole(path, records)
    elif format != "pdf":
        _plain(format, head, records)


def _note_links(links, records, code="external-link"):
    links = list(dict.fromkeys(link.decode("utf-8", "replace") for link in links))
    for link in links[:MOST_NAMED]:
        records.note(code, link)
    if len(links) > MOST_NAMED:
        records.note("more-links", len(links) - MOST_NAMED)


def _disguise(format, head, tail, records):
    if format == "pdf" and not head.startswith(b"%PDF-"):
        records.note("polyglot", "something else comes before the PDF")
    if format not in ZIPPED and b"PK\x05\x06" in tail:
        records.note("polyglot", "it is a ZIP archive too")
    if format in ("gif", "jpg", "png", "bmp", "webp") and re.search(rb"<script\b|<\?php|<html\b", head, re.I):
        records.note("polyglot", "it has web page code inside")
    if format in ("pdf", "gif", "bmp", "rtf") and PROGRAM.search(head):
        records.note("program", "inside the file")


def _container(path, format, records):
    macros, programs, templates, links = False, [], [], []
    left = READ_MOST
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise Failure("too-many-parts", len(parts))
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MOST_UNPACKED:
            raise Failure("unpacked-size", unpacked)
        for part in parts:
            name = part.filename.lower()
            macros |= _is_macro(name)
            whole = left > 0 and (name.endswith((".rels", "content.xml", "styles.xml")) or _may_hold_program(name))
            if not whole and not name.endswith(".xml"):
                continue
            data = _read(archive, part, left if whole else PROLOGUE)
            if NESTED_ENTITY.search(data) if format == "epub" else b"<!ENTITY" in data[:PROLOGUE]:
                raise Failure("xml-entities", part.filename)
            if not whole:
                continue
            left -= len(data)
            if name.endswith(".rels"):
                _relationships(data, templates, links)
            elif name.endswith(".xml"):
                links += ODF_FETCHED.findall(data)
            elif data[:2] == b"MZ" or data[:4] == b"\x7fELF" or PROGRAM.search(data):
                programs.append(part.filename)
    if macros:
        records.note("macros")
    for program in programs[:MOST_NAMED]:
        records.note("program", program)
    _note_links(templates, records, "remote-template")
    _note_links(links, records)


def _is_macro(name):
    """In OOXML, and in ODF, whose libraries list themselves in files of their own."""
    if name.endswith("vbaproject.bin") or "/macrosheets/" in name:
        return True
    if name.startswith("basic/"):
        return name.endswith(".xml") and not name.endswith(("-lc.xml", "-lb.xml"))
    return name.startswith("scripts/") and not name.endswith("/")


def _may_hold_program(name):
    return "embed" in name or "object" in name.lower() or name.endswith((".bin", ".exe", ".dll", ".scr", ".js", ".vbs"))


def _read(archive, part, most):
    try:
        with archive.open(part) as stream:
            return stream.read(max(0, most))
    except Exception:  # a damaged or encrypted part: whoever converts it will say so
        return b""


def _relationships(data, templates, links):
    for element in RELATIONSHIP.findall(data):
        attributes = dict(ATTRIBUTE.findall(element))
        if attributes.get(b"TargetMode") != b"External":
            continue
        kind, target = attributes.get(b"Type", b""), attributes.get(b"Target", b"")
        if kind.endswith(b"/attachedTemplate"):
            templates.append(target)
        elif not kind.endswith(b"/hyperlink"):
            links.append(target)


def _ole(path, records):
    try:
        with olefile.OleFileIO(path) as ole:
            entries = ole.listdir()
            if any("_VBA_PROJECT" in part or part == "Macros" for entry in entries for part in entry):
                records.note("macros")
            for entry in entries:
                if entry[-1] in ("\x01Ole10Native", "Package", "CONTENTS") and PROGRAM.search(ole.openstream(entry).read(READ_MOST)):
                    records.note("program", "/".join(entry))
    except Exception:  # damaged: whoever converts it will say so
        return


ACTIVE = [
    (re.compile(r"/(JavaScript|JS)\b"), "JavaScript"),
    (re.compile(r"/Launch\b"), "an action that starts a program"),
    (re.compile(r"/(SubmitForm|ImportData|GoToR)\b"), "an action that leaves the document"),
    (re.compile(r"/(RichMedia|Movie|Sound|3D)\b"), "media"),
]


def examine_pdf(pages, records):
    """Looks at a PDF's objects, packed ones too, which its bytes do not show."""
    found = {}
    for text in pages.objects():
        for pattern, what in ACTIVE:
            if what not in found and pattern.search(text):
                found[what] = True
    for what in found:
        records.note("active-content", what)
    for name in pages.attachments()[:MOST_NAMED]:
        records.note("attachment", name)


def _plain(format, data, records):
    if format in ("html", "svg", "eml", "md"):
        if re.search(rb"<script\b", data, re.I):
            records.note("active-content", "scripts")
        _note_links(FETCHED.findall(data), records)
        if NESTED_ENTITY.search(data):
            raise Failure("xml-entities", "the document itself")
    if format == "rtf":
        if re.search(rb"\\objdata|\\objemb|\\objlink", data):
            records.note("active-content", "an embedded object")
        _note_links(RTF_FETCHED.findall(data), records)
