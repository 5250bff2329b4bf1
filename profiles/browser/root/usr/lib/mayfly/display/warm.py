"""Shows a page that has something of all that pages have and uses it a little by way of the screen, so that what loads, shows
and moves pages is there; then a blank one."""

import http.server
import os
import ssl
import subprocess
import threading
import time

from viewer import LEFT, WHEEL_DOWN, WHEEL_UP, Viewer
from windows import Windows

ADDRESS = "198.18.0.1"
"""The machine's own and not its loopback: what Chromium shows beside an address that it holds to be insecure is a lot of code."""
CERTIFICATE = "/tmp/warm.pem"
PAGE = """<!doctype html><meta charset=utf-8><title>Warm</title><style>
body{font:16px sans-serif;margin:0;background:linear-gradient(#fff,#def)} .g{display:grid;grid-template-columns:1fr 2fr;gap:1em}
.c{border-radius:8px;box-shadow:0 2px 8px #0003;padding:1em;transition:all .1s} code{font-family:monospace} h1{font-family:serif}
</style><h1>Warm – Ελληνικά, Кириллица</h1><div class=g><form class=c><input value=text autofocus><input type=checkbox><select><option>one</select>
<textarea>more</textarea><button type=button>press</button></form><div class=c id=t></div></div><svg width=60 height=60><circle cx=30 cy=30 r=25
fill=teal /></svg><canvas id=k width=50 height=50></canvas><p><b>bold</b> <i>italic</i> <code>code</code> <a href=#>link</a><table><tr><td>1<td>2</table>
<p style=height:3000px>long
<script>const t=document.getElementById('t');t.textContent=[...Array(200).keys()].map(n=>n*n).join(' ');
const k=document.getElementById('k').getContext('2d');k.fillRect(5,5,40,40);
Promise.resolve().then(()=>{document.title='Warmed '+JSON.stringify({a:[1,2]}).replace(/a/g,'b')});</script>"""


class Site(http.server.ThreadingHTTPServer):
    """The page, as a site of this machine's own: that goes through all that a page of the network goes through, a process
    of its own for the site included. It says that there is no such page, as those are not kept in the history."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = PAGE.encode()
            self.send_response(404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    def __init__(self, is_secure):
        super().__init__((ADDRESS, 0), self.Answers)
        if is_secure:
            self.socket = _secured(self.socket)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"{'https' if is_secure else 'http'}://{ADDRESS}:{self.server_address[1]}/"


def _secured(listener):
    """Nobody else trusts the certificate, nor that for long: it is for this machine's own page, in its warm-up."""
    if not os.path.exists(CERTIFICATE):
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=warm -days 2".split()
        subprocess.run([*command, "-keyout", CERTIFICATE, "-out", CERTIFICATE], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    # Each handshake is the business of the thread that answers: who connects and says nothing holds up nobody.
    return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)


def warm(chromium, asker, words):
    """`warm`: one round."""
    windows = Windows(chromium)
    session, target = windows.first()
    chromium.call("Security.setIgnoreCertificateErrors", session, ignore=True)
    with Site(False) as site, Site(True) as secure, Viewer() as viewer:
        for url in (site.url, secure.url, "about:blank"):
            document = windows.document_of(session)
            chromium.call("Page.navigate", session, url=url)
            _wait(chromium, windows, target, document)
            if url == site.url:
                _use(viewer, chromium, session)
        for each in (site, secure):
            each.shutdown()
    chromium.call("Security.setIgnoreCertificateErrors", session, ignore=False)
    chromium.call("Page.resetNavigationHistory", session)
    # A blank page leaves the keyboard to the address bar, where it would stay when a page comes.
    chromium.call("Page.bringToFront", session)
    windows.end()
    asker.say("warm")
    return 0


def _use(viewer, chromium, session):
    chromium.call("Page.bringToFront", session)
    viewer.type("warm " * 3)
    middle = viewer.width // 2, viewer.height * 2 // 3
    for buttons in (LEFT, WHEEL_DOWN, WHEEL_UP):
        viewer.point(*middle, buttons)
    for width, height in ((viewer.width - 80, viewer.height - 40), (viewer.width, viewer.height)):
        viewer.resize(width, height)


def _wait(chromium, windows, target, document):
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        for event in windows.take():
            about = event["params"]
            if event["method"] == "Page.lifecycleEvent" and about["frameId"] == target and about["loaderId"] != document and about["name"] == "networkIdle":
                return
        chromium.read(1)
    raise TimeoutError("a page of ours did not load")
