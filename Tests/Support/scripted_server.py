"""A server that answers calls with what it is given, one after the other, the last one for ever.

    scripted_server.py FOLDER ANSWERS

ANSWERS is a JSON array: {"status", "headers"?, "body"?}, or null for a call that is read and not answered. Each call
is written into FOLDER. The first line on standard output is the port; the end of standard input ends it.
"""
import http.server
import json
import os
import sys
import threading

folder, answers = sys.argv[1], json.loads(sys.argv[2])
lock = threading.Lock()
calls = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_call(self):
        global calls
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            answer = answers[min(calls, len(answers) - 1)]
            calls += 1
            name = os.path.join(folder, f"{calls:06}.json")
        call = {"method": self.command, "path": self.path, "body": body.decode(),
                "headers": {key.lower(): value for key, value in self.headers.items()}}
        with open(name + ".part", "w") as file:
            json.dump(call, file)
        os.rename(name + ".part", name)
        if answer is None:
            self.close_connection = True
            return
        text = answer.get("body", "")
        data = (text if isinstance(text, str) else json.dumps(text)).encode()
        self.send_response(answer["status"])
        for key, value in answer.get("headers", {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = handle_call

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
