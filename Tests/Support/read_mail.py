#!/usr/bin/python3
"""Reads letters with Python's email package and prints, a line of JSON each, what a mail program would show of them."""
import email
import email.policy
import json
import sys


def people(letter, name):
    field = letter[name]
    return [{"name": a.display_name, "address": a.addr_spec} for a in field.addresses] if field else []


def content(part):
    # What the part's bytes decode to, line ends included.
    return part.get_payload(decode=True).decode(part.get_content_charset())


def facts(raw):
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    head = raw.split(b"\r\n\r\n", 1)[0]
    parts = [part for part in letter.walk() if not part.is_multipart()]
    lines = raw.split(b"\r\n")
    return {
        "subject": letter["Subject"],
        "from": people(letter, "From"),
        "to": people(letter, "To"),
        "reply_to": people(letter, "Reply-To"),
        "headers": [{"name": name, "value": str(value)} for name, value in letter.items()],
        "names": [name.lower() for name in letter.keys()],
        "type": letter.get_content_type(),
        "date": letter["Date"].datetime.isoformat() if letter["Date"] else None,
        "parts": [{"type": part.get_content_type(), "encoding": part["Content-Transfer-Encoding"],
                   "text": content(part)} for part in parts],
        "defects": [str(d) for part in letter.walk() for d in part.defects]
                   + [str(d) for _, value in letter.items() for d in value.defects],
        "longest_line": max(len(line) for line in lines),
        "longest_head_line": max(len(line) for line in head.split(b"\r\n")),
        "bare_line_ends": sum(line.count(b"\r") + line.count(b"\n") for line in lines),
        "ascii": raw.isascii(),
    }


for path in sys.argv[1:]:
    with open(path, "rb") as file:
        print(json.dumps(facts(file.read())))
