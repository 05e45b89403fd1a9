#!/usr/bin/python3
"""stranger.py FILE: waits for a port number in FILE and answers there, healthy, to everything."""

import http.server
import pathlib
import sys
import time

path = pathlib.Path(sys.argv[1])
for _ in range(3000):
    if path.exists():
        break
    time.sleep(0.01)


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


http.server.HTTPServer(("127.0.0.1", int(path.read_text())), Healthy).serve_forever()
