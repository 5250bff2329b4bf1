"""LibreOffice, already loaded: opens a document, never runs its macros, never updates its links, writes it as PDF or CSV."""

import os
import subprocess
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.io import IOException
from com.sun.star.lang import DisposedException, IllegalArgumentException

from records import Failure

HOME = "/tmp/libreoffice"
PIPE = "mayfly"
START_SECONDS = 240

SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""

SMALLEST_SCALE = 0.1
"""LibreOffice makes sheets no smaller than that to fit them (ScaleToPages)."""
SHEETS_MOST = 100
"""That are looked at before they are laid out."""

NEVER = 0
"""MacroExecMode.NEVER_EXECUTE and UpdateDocMode.NO_UPDATE."""

FAMILY = {
    "docx": "writer", "doc": "writer", "odt": "writer", "rtf": "writer", "txt": "writer", "html": "writer",
    "xlsx": "calc", "xls": "calc", "ods": "calc", "csv": "calc", "tsv": "calc",
    "pptx": "impress", "ppt": "impress", "odp": "impress", "odg": "draw",
}  # fmt: skip


def start():
    """Starts LibreOffice in the background where it does not run yet."""
    os.makedirs(f"{HOME}/user", exist_ok=True)
    settings = f"{HOME}/user/registrymodifications.xcu"
    if not os.path.exists(settings):
        with open(settings, "w", encoding="utf-8") as file:
            file.write(SETTINGS)
    subprocess.Popen(
        ["soffice", "--headless", "--invisible", "--nologo", "--nodefault", "--norestore", "--nolockcheck",
         f"-env:UserInstallation=file://{HOME}", f"--accept=pipe,name={PIPE};urp;"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


class Office:
    def __init__(self):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext")
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        self._desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)

    def open(self, path, format, password=None, filter_name=None, filter_options=None):
        """An open document; close it. Raises Failure."""
        options = {"Hidden": True, "ReadOnly": True, "MacroExecutionMode": NEVER, "UpdateDocMode": NEVER}
        if password is not None:
            options["Password"] = password
        if filter_name is not None:
            options.update(FilterName=filter_name, FilterOptions=filter_options or "")
        try:
            model = self._desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, _properties(options))
        except DisposedException as error:
            raise Failure("crashed", "LibreOffice") from error
        except (IOException, IllegalArgumentException) as error:
            raise Failure("damaged", "LibreOffice cannot open it") from error
        if model is None:
            raise Failure("damaged", "LibreOffice cannot open it")
        return Document(model, FAMILY[format])

    def save_as(self, source, filters, stem=None, change=None, **options):
        """Writes copies of a document of ours, or of a new one, in other formats; `change` may work on it before."""
        url = source if source.startswith("private:") else uno.systemPathToFileUrl(source)
        model = self._desktop.loadComponentFromURL(url, "_blank", 0, _properties({"Hidden": True}))
        if change is not None:
            change(model)
        for extension, name in filters.items():
            target = f"{stem or os.path.splitext(source)[0]}.{extension}"
            model.storeToURL(uno.systemPathToFileUrl(target), _properties({"FilterName": name, "Overwrite": True, **options}))
        model.close(True)


class Document:
    def __init__(self, model, family):
        self._model = model
        self._family = family

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._model.close(True)
        except Exception:  # it has crashed, which was told already
            pass

    @property
    def sheets(self):
        return list(self._model.Sheets.ElementNames)

    def page_count(self):
        """How many pages the PDF will have, about: hidden slides count."""
        if self._family == "calc":
            return self._model.getRendererCount(self._model, ())
        if self._family == "writer":
            return self._model.CurrentController.PageCount
        return self._model.DrawPages.Count

    def least_pages(self):
        """Fewer it cannot be, found without laying it out, which takes minutes for a million rows."""
        if self._family != "calc":
            return 0
        styles = self._model.StyleFamilies.getByName("PageStyles")
        return sum(_least_pages(sheet, styles.getByName(sheet.PageStyle)) for sheet in self._sheets())

    def fit_sheets(self):
        """Sheets that are a little too wide for their paper are made narrower, as a person who prints them would."""
        styles = self._model.StyleFamilies.getByName("PageStyles")
        for name in {sheet.PageStyle for sheet in self._sheets()}:
            style = styles.getByName(name)
            if style.ScaleToPages == 0 and style.ScaleToPagesX == 0 and style.PageScale == 100:
                style.ScaleToPagesX, style.ScaleToPagesY = 1, 0

    def _sheets(self):
        return (self._model.Sheets.getByIndex(index) for index in range(min(self._model.Sheets.Count, SHEETS_MOST)))

    def save_pdf(self, path):
        options = {"UseLosslessCompression": False, "Quality": 90, "ReduceImageResolution": False, "ExportBookmarks": False}
        data = uno.Any("[]com.sun.star.beans.PropertyValue", _properties(options))
        self._store(path, {"FilterName": f"{self._family}_pdf_Export", "FilterData": data})

    def save_csv(self, path, sheet):
        """Values as shown, UTF-8, sheet counted from 1."""
        self._store(path, {"FilterName": "Text - txt - csv (StarCalc)", "FilterOptions": f"44,34,76,1,,0,false,true,false,false,false,{sheet}"})

    def _store(self, path, options):
        try:
            self._model.storeToURL(uno.systemPathToFileUrl(path), _properties({**options, "Overwrite": True}))
        except DisposedException as error:
            raise Failure("crashed", "LibreOffice") from error
        except IOException as error:
            raise Failure("damaged", "LibreOffice cannot convert it") from error


def _least_pages(sheet, style):
    if sheet.PrintAreas or style.ScaleToPages or style.ScaleToPagesY:
        return 0
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(True)
    return int(cursor.Size.Height * SMALLEST_SCALE / max(1, style.Height))


def _properties(values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())
