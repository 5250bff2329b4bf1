"""Text in pixels: pages come in, words and lines go out. Runs in a micro-VM that never sees the document."""

import subprocess

from records import PAGE, HEADER, Failure

LANGUAGES = {"en": "eng", "fr": "fra"}
MOST_PIXELS = 64_000_000
LEAST_CONFIDENCE = 10
SECONDS = 1800


def recognise(stream, languages, records):
    names = "+".join(LANGUAGES[language] for language in languages)
    while True:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        letter, length = HEADER.unpack(header)
        if letter != b"P":
            raise Failure("protocol", "a page was expected")
        number, width, height, dpi = PAGE.unpack(stream.read(PAGE.size))
        if width * height > MOST_PIXELS or length != PAGE.size + width * height * 3:
            raise Failure("protocol", "a page of another size was expected")
        pixels = stream.read(width * height * 3)
        words, text = _read_page(pixels, width, height, dpi, names)
        records.text(text)
        records.words(words)
        records.flush()


def _read_page(pixels, width, height, dpi, names):
    picture = b"P6\n%d %d\n255\n" % (width, height) + pixels
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", names, "--dpi", str(dpi), "tsv"],
        input=picture, capture_output=True, timeout=SECONDS, check=False,
        env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    if done.returncode != 0:
        raise Failure("crashed", "tesseract")
    return _words(done.stdout.decode("utf-8", "replace"), width, height)


def _words(table, width, height):
    words, lines, place = [], [], None
    for row in table.split("\n")[1:]:
        cells = row.split("\t")
        if len(cells) != 12 or cells[0] != "5" or float(cells[10]) < LEAST_CONFIDENCE or not cells[11].strip():
            continue
        left, top, wide, high = (int(cell) for cell in cells[6:10])
        left, top = max(0, min(left, width - 1)), max(0, min(top, height - 1))
        words.append([cells[11], left, top, max(1, min(wide, width - left)), max(1, min(high, height - top))])
        block, line = (cells[2], cells[3]), cells[4]
        if place is None or place[0] != block:
            lines += [[], [cells[11]]] if lines else [[cells[11]]]
        elif place[1] != line:
            lines.append([cells[11]])
        else:
            lines[-1].append(cells[11])
        place = (block, line)
    return words, "\n".join(" ".join(line) for line in lines) + "\n"
