"""Converts one document of each kind, so that all that conversions need is loaded. `warm_up.py all` or `… common`."""

import glob
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from records import HEADER, PAGE
from serve_address import SOCKET

SAMPLES = "/tmp/samples"
PROSE = """<html><body><h1>Sample – Ελληνικά, Кириллица</h1><p>Some <b>bold</b>, <i>italic</i> and plain words.</p>
<table border="1"><tr><th>Item</th><th>Price</th></tr><tr><td>Paper</td><td>12,50 €</td></tr></table><ul><li>one</li><li>two</li></ul></body></html>"""
TABLE = "Item,Count,Price\nPaper,3,=2*4.5\nInk,2,10.25\nTotal,,=SUM(C2:C3)\n"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect width="200" height="100" fill="#8ac"/><text x="10" y="50">Drawing</text></svg>'
MAIL = "From: a@example.org\nTo: b@example.org\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nSubject: Sample\nMIME-Version: 1.0\n\nSome words.\n"
LIMITS = {"pages": 100, "pixels": 36_000_000, "cells": 100_000}
COMMON = ["prose.docx", "table.xlsx", "prose.pdf"]


def make_samples():
    from office import Office

    os.makedirs(SAMPLES)
    plain = {"prose.html": PROSE, "prose.txt": "Some words.\n", "prose.md": "# Title\n\nSome *words*.\n", "mail.eml": MAIL,
             "table.csv": TABLE, "table.tsv": TABLE.replace(",", "\t"), "drawing.svg": DRAWING}  # fmt: skip
    for name, content in plain.items():
        with open(f"{SAMPLES}/{name}", "w", encoding="utf-8") as file:
            file.write(content)
    office = Office()
    office.save_as(f"{SAMPLES}/prose.html", {"docx": "MS Word 2007 XML", "odt": "writer8", "doc": "MS Word 97", "rtf": "Rich Text Format", "pdf": "writer_pdf_Export"})
    office.save_as(f"{SAMPLES}/table.csv", {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "xls": "MS Excel 97"})
    office.save_as("private:factory/simpress", {"pptx": "Impress MS PowerPoint 2007 XML", "odp": "impress8", "ppt": "MS PowerPoint 97"}, f"{SAMPLES}/slides")
    office.save_as("private:factory/sdraw", {"odg": "draw8"}, f"{SAMPLES}/drawing")
    subprocess.run(["pdftoppm", "-png", "-r", "50", "-singlefile", f"{SAMPLES}/prose.pdf", f"{SAMPLES}/picture"], check=True)


def convert(path):
    is_table = path.endswith((".xlsx", ".xls", ".ods", ".csv", ".tsv"))
    request = {"do": "open", "file": path, "forms": ["pdf", "text", *(["csv"] if is_table else [])], "dpi": 150, "keepPixels": True, "limits": LIMITS}
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(SOCKET)
        client.sendall(json.dumps(request).encode() + b"\n")
        client.shutdown(socket.SHUT_WR)
        records = client.makefile("rb")
        while True:
            letter, length = HEADER.unpack(records.read(HEADER.size))
            content = records.read(length)
            if letter == b"F":
                sys.exit(f"{path}: {content.decode()}")
            if letter == b"P" and length < PAGE.size + 10_000:
                sys.exit(f"{path}: a page of {length} bytes")
            if letter == b"E":
                return


if not os.path.isdir(SAMPLES):
    make_samples()
for each in sorted(glob.glob(f"{SAMPLES}/*")) if sys.argv[1] == "all" else [f"{SAMPLES}/{name}" for name in COMMON]:
    convert(each)
