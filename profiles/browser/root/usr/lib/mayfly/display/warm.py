"""Shows a page that has something of all that pages have, so that what shows pages is loaded; then a blank one."""

import time
from urllib.parse import quote

from windows import Windows

PAGE = """<!doctype html><meta charset=utf-8><title>Warm</title><style>
body{font:16px sans-serif;margin:0;background:linear-gradient(#fff,#def)} .g{display:grid;grid-template-columns:1fr 2fr;gap:1em}
.c{border-radius:8px;box-shadow:0 2px 8px #0003;padding:1em;transition:all .1s} code{font-family:monospace} h1{font-family:serif}
</style><h1>Warm – Ελληνικά, Кириллица</h1><div class=g><form class=c><input value=text><input type=checkbox><select><option>one</select>
<textarea>more</textarea><button type=button>press</button></form><div class=c id=t></div></div><svg width=60 height=60><circle cx=30 cy=30 r=25
fill=teal /></svg><canvas id=k width=50 height=50></canvas><p><b>bold</b> <i>italic</i> <code>code</code> <a href=#>link</a><table><tr><td>1<td>2</table>
<script>const t=document.getElementById('t');t.textContent=[...Array(200).keys()].map(n=>n*n).join(' ');
const k=document.getElementById('k').getContext('2d');k.fillRect(5,5,40,40);
Promise.resolve().then(()=>{document.title='Warmed '+JSON.stringify({a:[1,2]}).replace(/a/g,'b')});</script>"""


def warm(chromium, asker, words):
    """`warm`: one round."""
    windows = Windows(chromium)
    session, target = windows.first()
    for url in (f"data:text/html,{quote(PAGE)}", "about:blank"):
        document = windows.document_of(session)
        chromium.call("Page.navigate", session, url=url)
        _wait(chromium, windows, target, document)
    windows.end()
    asker.say("warm")
    return 0


def _wait(chromium, windows, target, document):
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        for event in windows.take():
            about = event["params"]
            if event["method"] == "Page.lifecycleEvent" and about["frameId"] == target and about["loaderId"] != document and about["name"] == "networkIdle":
                return
        chromium.read(1)
    raise TimeoutError("a page of ours did not load")
