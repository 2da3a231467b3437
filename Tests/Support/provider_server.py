#!/usr/bin/python3
"""A provider's HTTP interface for tests. Prints its port, keeps every request it got, ends when stdin closes.

In FOLDER each request is NNNN.json: method, path, headers, body, and the number of the connection it came over.
--answer is what it says: STATUS, or STATUS:HEADER:VALUE;…, with --body; the special answers are
"close" (hang up without a word), "hang", "endless" (a body without end), "headers" (headers without end), "garbage".
With --times N it answers so N times, then 200 with {"message_id": "m-N"}.
"""
import argparse
import json
import os
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--answer", default="")
parser.add_argument("--body", default="")
parser.add_argument("--times", type=int, default=1 << 30)
parser.add_argument("--close-kept", action="store_true", help="hang up on a kept connection when its second request comes")
given = parser.parse_args()
lock = threading.Lock()
state = {"requests": 0, "connections": 0}


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        with lock:
            state["connections"] += 1
            self.number = state["connections"]
        self.here = 0

    def answer_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.here += 1
        if given.close_kept and self.here > 1:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        with lock:
            state["requests"] += 1
            number = state["requests"]
        base = os.path.join(given.folder, f"{number:04}")
        with open(base + ".tmp", "w") as file:
            json.dump({"method": self.command, "path": self.path, "body": body.decode("utf-8", "surrogateescape"),
                       "headers": {name.lower(): value for name, value in self.headers.items()},
                       "count": len(self.headers), "connection": self.number}, file)
        os.rename(base + ".tmp", base + ".json")
        if given.answer and number <= given.times:
            return self.misbehave()
        self.reply(200, [], json.dumps({"message_id": f"m-{number}", "status": "ok"}))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer_any

    def misbehave(self):
        if given.answer == "close":
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif given.answer == "hang":
            threading.Event().wait(600)
        elif given.answer == "endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.pour(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        elif given.answer == "headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            self.pour(b"X-More: " + b"x" * 4000 + b"\r\n")
        elif given.answer == "garbage":
            self.close_connection = True
            self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
        else:
            status, _, rest = given.answer.partition(":")
            headers = [item.split(":", 1) for item in rest.split(";") if item]
            self.reply(int(status), headers, given.body)

    def pour(self, piece):
        self.close_connection = True
        try:
            while True:
                self.wfile.write(piece)
        except OSError:
            pass

    def reply(self, status, headers, body):
        data = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


ThreadingHTTPServer.daemon_threads = True
server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
os._exit(0)
