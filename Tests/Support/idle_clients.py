"""Connections that are just there: idle_clients.py PORT COUNT PATH

Opens COUNT connections to 127.0.0.1:PORT, or as many as the limit of open files allows: a quarter says nothing, a quarter
half a request line, a quarter half a head, a quarter has been answered. Prints how many. For each line that comes in, asks
for PATH over the last one and prints the status line of the answer. Ends with its standard input, and closes them all.
"""

import resource
import socket
import sys

port, count, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
count = min(count, hard - 100) // 4 * 4
whole = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
words = [b"", b"GET / HT", b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Le", whole]


def ask(client):
    client.sendall(whole)
    return client.recv(65536).split(b"\r\n")[0].decode()


clients = []
for number in range(count):
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    said = words[number * 4 // count]
    if said is whole:
        ask(client)
    elif said:
        client.sendall(said)
    clients.append(client)
print(count, flush=True)
for _ in sys.stdin:
    print(ask(clients[-1]), flush=True)
