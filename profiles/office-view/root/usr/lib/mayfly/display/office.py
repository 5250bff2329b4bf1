"""LibreOffice with windows, warm: waits on a socket, and shows one document at a time to whoever asks."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import traceback

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.io import IOException
from com.sun.star.lang import DisposedException, IllegalArgumentException
from com.sun.star.text.ControlCharacter import PARAGRAPH_BREAK

sys.path.insert(0, "/usr/lib/mayfly/display")

from serve import Asker, listen  # noqa: E402
from viewer import WHEEL_DOWN, WHEEL_UP, Viewer  # noqa: E402

HOME = "/tmp/libreoffice"
PIPE = "mayfly-view"
START_SECONDS = 900
NEVER = 0
"""MacroExecMode.NEVER_EXECUTE and UpdateDocMode.NO_UPDATE."""

_ITEM = '<item oor:path="/org.openoffice.{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
SETTINGS = [
    # Nothing in a document runs or fetches.
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", 3),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", 0),
    ("Office.Calc/Content/Update", "Link", 2),
    # Nothing comes between a person and the document.
    ("Office.Common/Misc", "FirstRun", "false"),
    ("Office.Common/Misc", "ShowTipOfTheDay", "false"),
    ("Office.Common/Misc", "CrashReport", "false"),
    ("Office.Common/Misc", "CollectUsageInformation", "false"),
    ("Setup/Product", "WhatsNew", "false"),
    ("Setup/Product", "ooSetupLastVersion", "7.4"),
    ("Setup/Product", "LastTimeDonateShown", 4102444800),
    ("Setup/Product", "LastTimeGetInvolvedShown", 4102444800),
    ("Office.Common/Save/Document", "WarnAlienFormat", "false"),
    ("Office.Common/Save/Document", "AutoSave", "false"),
    ("Office.Recovery/AutoSave", "Enabled", "false"),
    ("Office.Recovery/RecoveryInfo", "Enabled", "false"),
    # No files beside those in /out.
    ("Office.Common/Misc", "UseLocking", "false"),
    ("Office.Common/Misc", "UseDocumentOOoLockFile", "false"),
    ("Office.Common/Misc", "UseDocumentSystemFileLocking", "false"),
    # The start centre would draw thumbnails of what was opened in the warm-up.
    ("Office.Common/History", "PickListSize", 0),
    ("Office.Common/Cache/GraphicManager", "TotalCacheSize", 67108864),
    # The whole page fits the window's width, whatever that is.
    ("Office.Writer/Layout/Zoom", "Type", 2),
]
SAMPLES = {
    "swriter": ("docx", "MS Word 2007 XML"),
    "scalc": ("xlsx", "Calc MS Excel 2007 XML"),
    "simpress": ("pptx", "Impress MS PowerPoint 2007 XML"),
}
"""What documents there are mostly: made by whom, named how, written by which filter."""


class Office:
    def __init__(self):
        os.makedirs(f"{HOME}/user", exist_ok=True)
        with open(f"{HOME}/user/registrymodifications.xcu", "w", encoding="utf-8") as file:
            file.write('<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n')
            file.writelines(f"{_ITEM.format(*each)}\n" for each in SETTINGS)
            file.write("</oor:items>\n")
        self._program = subprocess.Popen(
            ["soffice", "--invisible", "--nologo", "--nodefault", "--norestore", "--nolockcheck",
             f"-env:UserInstallation=file://{HOME}", f"--accept=pipe,name={PIPE};urp;"],
            stdin=subprocess.DEVNULL, env={**os.environ, "DISPLAY": ":1", "SAL_USE_VCLPLUGIN": "gen", "PATH": f"/usr/lib/mayfly/display/bin:{os.environ['PATH']}"},
        )  # fmt: skip
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={PIPE};urp;StarOffice.ComponentContext")
                break
            except Exception:
                if time.monotonic() > deadline or self._program.poll() is not None:
                    raise
                time.sleep(0.2)
        services = context.ServiceManager
        self._desktop = services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        self._toolkit = services.createInstanceWithContext("com.sun.star.awt.Toolkit", context)
        self._asks = services.createInstanceWithContext("com.sun.star.task.InteractionHandler", context)

    def show(self, path, asks=True):
        """The document in a window of its own, which is there when this returns; None where the user gave it up."""
        url = path if path.startswith("private:") else uno.systemPathToFileUrl(path)
        options = {"MacroExecutionMode": NEVER, "UpdateDocMode": NEVER}
        if asks:
            options["InteractionHandler"] = self._asks  # for a password, or a choice of character sets
        return self._desktop.loadComponentFromURL(url, "_blank", 0, _properties(options))

    def draw(self):
        """Returns when LibreOffice has nothing left to do: all that there is to see is drawn."""
        self._toolkit.processEventsToIdle()

    def is_shown(self):
        """Whether a document has a window still."""
        return any(frame.Controller is not None and frame.Controller.Model is not None for frame in self._desktop.Frames)

    def status(self):
        """Of the program, once it has ended; None before."""
        return self._program.poll()

    def wait(self):
        return self._program.wait()


def view(office, asker, words):
    """`view FILE`: a file of /in, as a copy in /out, so that saving it is giving it out."""
    if len(words) != 1:
        asker.complain("view: one file is needed: view FILE")
        return 64
    name = os.path.basename(words[0])
    source, target = f"/in/{name}", f"/out/{name}"
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        asker.complain(f"view: {error.strerror}: {source}")
        return 66
    before = os.stat(target)
    try:
        return _show(office, asker, target)
    finally:
        _forget_unchanged(target, before)


def _show(office, asker, target):
    try:
        if office.show(target) is None:
            asker.complain("view: it could not be opened, or was given up")
            return 65
        office.draw()
        asker.say("ready")
        while office.is_shown():
            if asker.is_gone(0.3):
                office.draw()  # what was pressed before is done, a file that is being saved is whole
                return 0
        return 0
    except (IOException, IllegalArgumentException) as error:
        asker.complain(f"view: LibreOffice cannot open it: {error.Message}")
        return 65
    except DisposedException:
        status = office.wait()
        if status == 0:
            return 0  # its last window was closed, and so it ended
        asker.complain(f"view: LibreOffice crashed (status {status})")
        return 70


def _forget_unchanged(path, before):
    """What was only looked at is not given out again."""
    try:
        now = os.stat(path)
    except OSError:
        return
    if (now.st_ino, now.st_mtime_ns, now.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size):
        os.remove(path)


def warm(office, asker, words):
    """`warm`: a document of each kind, made where there is none yet, and opened and used as a person's is, so that what reads
    and changes it is there too."""
    for factory, (suffix, writer) in SAMPLES.items():
        path = f"{HOME}/sample.{suffix}"
        if not os.path.exists(path):
            with _shown(office, f"private:factory/{factory}") as model:
                FILL[factory](model)
                model.storeToURL(uno.systemPathToFileUrl(path), _properties({"FilterName": writer}))
        with _shown(office, path), Viewer() as viewer:
            viewer.type("warm ")
            for buttons in (WHEEL_DOWN, WHEEL_UP):
                viewer.point(viewer.width // 2, viewer.height // 2, buttons)
            for width, height in ((viewer.width - 80, viewer.height - 40), (viewer.width, viewer.height)):
                viewer.resize(width, height)
    asker.say("warm")
    return 0


@contextlib.contextmanager
def _shown(office, path):
    model = office.show(path, asks=False)
    office.draw()  # which it does after it has said that it is there
    yield model
    model.close(True)


def _fill_text(model):
    text = model.Text
    cursor = text.createTextCursor()
    for style, words in (("Heading 1", "Warm – Ελληνικά, Кириллица"), ("Standard", "Some words of a paragraph. " * 20)):
        cursor.ParaStyleName = style
        text.insertString(cursor, words, False)
        text.insertControlCharacter(cursor, PARAGRAPH_BREAK, False)
    cursor.CharWeight = 150
    text.insertString(cursor, "Bold", False)
    table = model.createInstance("com.sun.star.text.TextTable")
    table.initialize(3, 3)
    text.insertTextContent(text.End, table, False)
    table.DataArray = (("one", "two", "three"),) * 3


def _fill_sheet(model):
    cells = model.Sheets[0].getCellRangeByName("A1:D20")
    cells.FormulaArray = (("Name", "Price", "Count", "Sum"),) + tuple((f"Thing {row}", "1.5", str(row), f"=B{row}*C{row}") for row in range(2, 21))
    head = model.Sheets[0].getCellRangeByName("A1:D1")
    head.CharWeight, head.CellBackColor = 150, 0xDDEEFF


def _fill_slide(model):
    page = model.DrawPages[0]
    page.Layout = 1
    for shape in page:
        shape.String = "Warm – Ελληνικά"


FILL = {"swriter": _fill_text, "scalc": _fill_sheet, "simpress": _fill_slide}


DOES = {"view": view, "warm": warm}


def main():
    office = Office()
    listener = listen()
    while True:
        asker = Asker(listener.accept()[0])
        what, *words = asker.words
        try:
            status = DOES[what](office, asker, words)
        except Exception:
            asker.complain(traceback.format_exc())
            status = 70
        asker.end(status)


def _properties(values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


main()
