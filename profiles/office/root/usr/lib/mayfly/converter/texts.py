"""Documents that are text: turned into HTML that LibreOffice lays out, or read as they are."""

import codecs
import csv
import email
import email.policy
import html

import markdown

SAMPLE = 256 * 1024
MOST_MAIL = 20 << 20
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Of a sheet of LibreOffice 7.4."""

STYLE = "<style>body{font-family:'Liberation Sans',sans-serif;font-size:11pt} pre,code{font-family:'Liberation Mono',monospace;font-size:10pt} table{border-collapse:collapse} td,th{border:1px solid #999;padding:2pt 5pt}</style>"


def read_text(path):
    with open(path, "rb") as file:
        data = file.read()
    return data.decode(encoding_of(data), "replace")


def text_pieces(path):
    """All of a text, in pieces, however large it is."""
    with open(path, "rb") as file:
        data = file.read(SAMPLE)
        decoder = codecs.getincrementaldecoder(encoding_of(data))("replace")
        while data:
            yield decoder.decode(data)
            data = file.read(SAMPLE)
        yield decoder.decode(b"", True)


def line_count(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def encoding_of(data):
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data[:SAMPLE].decode("utf-8-sig")
        return "utf-8-sig"
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start > SAMPLE - 4 else "cp1252"


def write_utf8(path, target):
    with open(target, "w", encoding="utf-8") as file:
        file.write(read_text(path))


def html_from_markdown(path, target):
    body = markdown.markdown(read_text(path), extensions=["tables", "fenced_code", "sane_lists"])
    _write_page(target, body)


def html_from_mail(path, target, records):
    with open(path, "rb") as file:
        message = email.message_from_bytes(file.read(MOST_MAIL), policy=email.policy.default)
    rows = "".join(
        f"<tr><th align=left>{name}</th><td>{html.escape(str(message.get(name, '')))}</td></tr>"
        for name in ("From", "To", "Cc", "Date", "Subject")
        if message.get(name)
    )
    attachments = [str(part.get_filename() or part.get_content_type()) for part in message.iter_attachments()]
    for name in attachments[:10]:
        records.note("attachment", name)
    listed = "".join(f"<li>{html.escape(name)}</li>" for name in attachments)
    body = message.get_body(preferencelist=("html", "plain"))
    content = "" if body is None else body.get_content()
    if body is not None and body.get_content_subtype() != "html":
        content = f"<pre style='white-space:pre-wrap'>{html.escape(content)}</pre>"
    _write_page(target, f"<table>{rows}</table>{f'<p>Attachments:</p><ul>{listed}</ul>' if listed else ''}<hr>{content}")


def _write_page(target, body):
    with open(target, "w", encoding="utf-8") as file:
        file.write(f"<!DOCTYPE html><html><head><meta charset='utf-8'>{STYLE}</head><body>{body}</body></html>")


def csv_options(path, format):
    """@returns the separator, and LibreOffice's own words for how a table of text is to be read."""
    with open(path, "rb") as file:
        data = file.read(SAMPLE)
    encoding = encoding_of(data)
    charset = {"utf-16": 65535, "utf-8-sig": 76, "cp1252": 1}[encoding]
    separator = "\t" if format == "tsv" else ","
    if format == "csv":
        try:
            separator = csv.Sniffer().sniff(data.decode(encoding, "replace")[:8192], ",;\t|").delimiter
        except csv.Error:
            separator = ","
    return separator, f"{ord(separator)},34,{charset},1,,0,false,true,false"


def is_cut(path, separator):
    """Whether a table has more than a sheet of LibreOffice holds."""
    mark, rows = separator.encode(), 0
    with open(path, "rb") as file:
        for line in file:
            rows += 1
            if rows > MOST_ROWS or line.count(mark) >= MOST_COLUMNS:
                return True
    return False
