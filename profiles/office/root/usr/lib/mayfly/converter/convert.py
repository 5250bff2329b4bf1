"""One document from file to records."""

import csv
import os
import tempfile

from detect import BrokenContainer, detect, expected_format
from examine import examine, examine_pdf
from office import FAMILY
from pages import Pages, Picture, pdf_from_svg, repaired_pdf
from rebuild import rebuilt_zip
from records import Failure
from texts import csv_options, html_from_mail, html_from_markdown, is_cut, line_count, text_pieces, write_utf8

PICTURES = {"png", "jpg", "gif", "webp", "bmp", "tiff"}
DRAWN = {"pdf", "epub", "svg"}
ROW_CHARACTERS = 600_000
"""Of one record of rows: JSON may make six bytes of each, and the host takes 4 MiB."""
csv.field_size_limit(ROW_CHARACTERS)
LINES_OF_A_PAGE = 200
"""No page of text has more."""


class Conversion:
    def __init__(self, office, wanted, records):
        self._office = office
        self._wanted = wanted
        self._records = records
        self._password = wanted.get("password")
        self._limits = wanted["limits"]

    def run(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as self._folder:
            path, format, encrypted = self._detected(self._wanted["file"])
            if expected_format(self._wanted["file"]) not in ("", format):
                self._records.note("type-differs", format)
            examine(path, format, self._records)
            if encrypted and self._password is None:
                raise Failure("password-needed")
            if format in PICTURES:
                self._pictures(path, format)
            elif format in DRAWN:
                self._drawn(path, format)
            elif self._is_as_it_is(format):
                self._text(path, format)
            else:
                self._by_office(path, format, encrypted)

    def _detected(self, path):
        try:
            return path, *detect(path)
        except BrokenContainer as broken:
            rebuilt = self._work(os.path.basename(path))
            rebuilt_zip(path, rebuilt)
            try:
                found = detect(rebuilt)
            except Failure:
                raise broken from None
            self._records.note("repaired")
            return rebuilt, *found

    def _wants(self, *forms):
        return any(form in self._wanted["forms"] for form in forms)

    def _refuse_csv(self, format):
        if self._wants("csv") and FAMILY.get(format) != "calc":
            raise Failure("no-sheets", format)

    def _is_as_it_is(self, format):
        """Text that becomes text needs no pages."""
        return format == "txt" and self._wanted["forms"] == ["text"] and not (self._wanted.get("pages") or self._wanted.get("recognise"))

    def _text(self, path, format):
        self._records.document(format, None)
        for piece in text_pieces(path):
            self._records.text(piece)

    def _pictures(self, path, format):
        self._refuse_csv(format)
        picture = Picture(path, format, self._records)
        self._send(format, picture, None if self._wanted["keepPixels"] else self._wanted["dpi"])

    def _drawn(self, path, format):
        self._refuse_csv(format)
        kind = format
        if format == "svg":
            path, source, kind = self._work("drawing.pdf"), path, "pdf"
            pdf_from_svg(source, path)
        try:
            pages = Pages(path, kind, self._password)
        except Failure as failure:
            if format != "pdf" or failure.code != "damaged":
                raise
            repaired_pdf(path, self._work("repaired.pdf"))
            pages = Pages(self._work("repaired.pdf"), "pdf")
            self._records.note("repaired")
        if kind == "pdf" and format == "pdf":
            examine_pdf(pages, self._records)
        self._send(format, pages, self._wanted["dpi"])

    def _by_office(self, path, format, encrypted):
        self._refuse_csv(format)
        shown = format
        if format in ("md", "eml"):
            path, source, shown = self._work("page.html"), path, "html"
            html_from_markdown(source, path) if format == "md" else html_from_mail(source, path, self._records)
        filters = {"html": ("HTML (StarWriter)", ""), "txt": ("Text (encoded)", "UTF8,LF,,,")}
        if format in ("csv", "tsv"):
            separator, options = csv_options(path, format)
            filters[format] = ("Text - txt - csv (StarCalc)", options)
            if is_cut(path, separator):
                self._records.note("cut")
        if format == "txt":
            self._refuse_pages(line_count(path) / LINES_OF_A_PAGE)
            path, source = self._work("page.txt"), path
            write_utf8(source, path)
        with self._opened(path, shown, encrypted, filters.get(shown, ())) as document:
            if self._wants("csv"):
                self._records.document(format, None)
                self._sheets(document)
            if self._wants("pdf", "png", "text"):
                target = self._work("document.pdf")
                self._export(document, shown, target)
                self._send(format, Pages(target, "pdf"), self._wanted["dpi"])

    def _opened(self, path, format, encrypted, filter):
        try:
            return self._office.open(path, format, self._password, *filter)
        except Failure as failure:
            if encrypted and failure.code == "damaged":
                raise Failure("wrong-password") from failure
            raise

    def _export(self, document, format, target):
        if FAMILY[format] == "calc":
            document.fit_sheets()
        self._refuse_pages(document.least_pages())
        self._chosen(document.page_count())
        document.save_pdf(target)

    def _refuse_pages(self, least):
        """Before minutes go into laying out what has so many pages at least."""
        if self._wanted.get("pages") is None and least > self._limits["pages"]:
            raise Failure("too-many-pages", f"over {self._limits['pages']}")

    def _sheets(self, document):
        cells = 0
        for number, name in enumerate(document.sheets, 1):
            self._records.sheet(name)
            rows, characters = [], 0
            for row in self._rows(document, number):
                cells += len(row)
                if cells > self._limits["cells"]:
                    raise Failure("too-many-cells", cells)
                length = sum(map(len, row)) + 4 * len(row)
                if length > ROW_CHARACTERS:
                    raise Failure("row-too-large", name)
                if characters + length > ROW_CHARACTERS:
                    self._records.rows(rows)
                    rows, characters = [], 0
                rows.append(row)
                characters += length
            self._records.rows(rows)
            self._records.flush()

    def _rows(self, document, number):
        with open(self._save_sheet(document, number), encoding="utf-8", newline="") as file:
            try:
                yield from csv.reader(file)
            except csv.Error as error:
                raise Failure("row-too-large", f"sheet {number}") from error

    def _save_sheet(self, document, number):
        """LibreOffice adds the sheet's name to the file's."""
        folder = self._work(f"sheet-{number}")
        os.mkdir(folder)
        document.save_csv(os.path.join(folder, "sheet.csv"), number)
        return os.path.join(folder, os.listdir(folder)[0])

    def _chosen(self, count):
        """Indices of the pages that are wanted. Raises Failure where they are none or too many."""
        if self._wanted.get("pages") is None:
            chosen = range(count)
        else:
            chosen = [index for index in range(count) if any(first <= index + 1 <= last for first, last in self._wanted["pages"])]
        if len(chosen) == 0:
            raise Failure("no-such-pages", count)
        if len(chosen) > self._limits["pages"]:
            raise Failure("too-many-pages", len(chosen))
        return chosen

    def _send(self, format, pages, dpi):
        chosen = self._chosen(pages.count)
        self._records.document(format, len(chosen))
        has_text = False
        for index in chosen:
            if self._wants("text") and not self._wanted.get("recognise") and isinstance(pages, Pages):
                text = pages.text(index)
                has_text |= bool(text.strip())
                self._records.text(text + "\n")
            if self._wants("pdf", "png") or self._wanted.get("recognise"):
                self._draw(pages, index, dpi)
        if self._wants("text") and not self._wanted.get("recognise") and not has_text:
            self._records.note("no-text")

    def _draw(self, pages, index, dpi):
        try:
            width, height, used, pixels = pages.draw(index, dpi, self._limits["pixels"])
        except Failure as failure:
            if failure.code != "damaged-page":
                raise
            self._records.note("damaged-page", failure.detail)
            return
        if dpi is not None and used < dpi and not isinstance(pages, Picture):
            self._records.note("scaled-down", f"{index + 1} {used}")
        self._records.page(index + 1, width, height, used, pixels)

    def _work(self, name):
        return os.path.join(self._folder, name)
