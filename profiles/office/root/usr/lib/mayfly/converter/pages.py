"""Pages as pixels: PDF, EPUB and SVG through MuPDF, pictures through Pillow."""

import math
import os
import re
import subprocess

import fitz
from PIL import Image, ImageFile, ImageOps

from records import Failure

POINTS = 72
LEAST_DPI = 8
BOOK_PAGE = fitz.Rect(0, 0, 420, 595)
"""A5: how e-books, which have no pages of their own, are laid out."""
A4 = (8.27, 11.69)
LARGEST_PICTURE = 180_000_000
MOST_OBJECTS = 20_000
DIRECTIONS = re.compile("[\u202a-\u202e]")
"""What poppler puts around words that run from right to left."""

fitz.TOOLS.mupdf_display_errors(False)
Image.MAX_IMAGE_PIXELS = None  # looked at before anything is unpacked


class Pages:
    """An open document with pages. `count` may be large: look at it before drawing."""

    def __init__(self, path, kind=None, password=None):
        self._path, self._password, self._texts = path, password, None
        try:
            self._document = fitz.open(path, filetype=kind)
        except Exception as error:
            raise Failure("damaged", "it cannot be read as PDF" if kind == "pdf" else "it cannot be read") from error
        if self._document.needs_pass:
            if password is None:
                raise Failure("password-needed")
            if not self._document.authenticate(password):
                raise Failure("wrong-password")
        if self._document.is_reflowable:
            self._document.layout(rect=BOOK_PAGE, fontsize=11)
        self.count = self._document.page_count
        if self.count == 0:
            raise Failure("damaged", "it has no pages")

    def draw(self, index, dpi, most_pixels):
        """@returns (width, height, dpi, RGB bytes); the dpi is less than asked for where the page is too large."""
        try:
            page = self._document.load_page(index)
            box = page.rect
            inches = max(box.width, 1) * max(box.height, 1) / POINTS**2
            used = min(dpi, math.floor(math.sqrt(most_pixels / inches)))
            if used < LEAST_DPI:
                raise Failure("page-too-large", f"{index + 1} is {box.width / POINTS:.0f} x {box.height / POINTS:.0f} inches")
            drawn = page.get_pixmap(dpi=used, alpha=False, colorspace=fitz.csRGB)
        except Failure:
            raise
        except Exception as error:
            raise Failure("damaged-page", index + 1) from error
        return drawn.width, drawn.height, used, drawn.samples

    def objects(self):
        """The PDF's objects as text, without their streams; the first ones where they are very many."""
        for number in range(1, min(self._document.xref_length(), MOST_OBJECTS)):
            try:
                yield self._document.xref_object(number, compressed=True)
            except Exception:  # a damaged one
                continue

    def attachments(self):
        try:
            return self._document.embfile_names()
        except Exception:  # their list is damaged
            return []

    def text(self, index):
        """Poppler's words for a PDF, as it keeps columns; MuPDF's for what only MuPDF reads."""
        if self._document.is_pdf:
            return self._laid_out(index)
        return self._document.load_page(index).get_text("text", sort=True)

    def _laid_out(self, index):
        if self._texts is None:
            self._texts = pdf_text(self._path, self._password)
        return self._texts[index] if index < len(self._texts) else ""


def pdf_from_svg(path, target):
    """Draws with librsvg, which fetches nothing."""
    done = subprocess.run(["rsvg-convert", "--format=pdf", f"--output={target}", "--", path], capture_output=True, timeout=600, check=False)
    if done.returncode != 0:
        raise Failure("damaged", done.stderr.decode("utf-8", "replace").strip()[:200] or "it cannot be drawn")


def repaired_pdf(path, target):
    """A second opinion, poppler's, for a PDF that MuPDF gives up on."""
    done = subprocess.run(["pdftocairo", "-pdf", "--", path, target], capture_output=True, timeout=600, check=False)
    if done.returncode != 0 or not os.path.exists(target):
        raise Failure("damaged", "neither MuPDF nor poppler can read it")


def pdf_text(path, password):
    """Text of every page, laid out as on paper."""
    secret = [] if password is None else ["-upw", password]
    done = subprocess.run(["pdftotext", "-layout", "-enc", "UTF-8", *secret, "--", path, "-"], capture_output=True, timeout=600, check=False)
    return DIRECTIONS.sub("", done.stdout.decode("utf-8", "replace")).split("\f")


class Picture:
    """A picture; those of several pages (TIFF) have several."""

    def __init__(self, path, format, records):
        self._records = records
        try:
            self._image = Image.open(path)
            frames = getattr(self._image, "n_frames", 1)
        except Exception as error:
            raise Failure("damaged", "it cannot be read as a picture") from error
        self.count = frames if format == "tiff" else 1
        if frames > 1 and format != "tiff":
            records.note("animation", frames)

    def draw(self, index, dpi, most_pixels):
        """As `Pages.draw`. Without a dpi that was asked for, a picture keeps its own pixels."""
        try:
            self._image.seek(index)
            if self._image.width * self._image.height > LARGEST_PICTURE:
                raise Failure("picture-too-large", f"{self._image.width} x {self._image.height}")
            image = _flat(self._upright())
        except Failure:
            raise
        except Exception as error:
            raise Failure("damaged-page", index + 1) from error
        own = self._resolution(image)
        scale = min(1, math.sqrt(most_pixels / (image.width * image.height)), 1 if dpi is None else dpi / own)
        if scale < 1:
            image = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))), Image.LANCZOS)
        return image.width, image.height, max(1, round(own * scale)), image.tobytes()

    def _upright(self):
        """Unpacked and turned as its camera says; as much of it as there is."""
        try:
            return ImageOps.exif_transpose(self._image)
        except OSError:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            self._records.note("repaired")
            return ImageOps.exif_transpose(self._image)

    def _resolution(self, image):
        """Its own where that is sensible, else so that it fits a sheet of A4."""
        told = self._image.info.get("dpi", (0, 0))[0]
        if 36 <= told <= 1200 and image.width / told <= 60 and image.height / told <= 60:
            return float(told)
        narrow, wide = sorted((image.width, image.height))
        return max(POINTS, narrow / A4[0], wide / A4[1])


def _flat(image):
    """RGB on white, whatever it was."""
    if image.mode in ("I;16", "I;16B", "I"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return image.convert("RGB")


