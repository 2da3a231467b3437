#!/usr/bin/python3
"""A mail server for tests, on python3-aiosmtpd. Prints its port, keeps every letter it accepts, ends when stdin closes.

In FOLDER each letter is NNNN.eml (the bytes after the server undid dot-stuffing) and NNNN.json (envelope and session).

--at STAGE=ACTION tells it to misbehave at greeting, MAIL, RCPT, DATA (before the letter), END (after its final dot),
QUIT, or MAIL2 (a session's second letter); ACTION is a whole reply ("450 4.2.0 later"), "close", or "hang". With --times N it does so N times, then behaves.

--journal keeps a line for each letter in FOLDER/journal instead (Message-ID, tab, Subject): for thousands of them.
--slow-every N answers every Nth letter only 100 ms after it has taken it.
"""
import argparse
import asyncio
import json
import os
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, syntax


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--at", action="append", default=[], metavar="STAGE=ACTION")
    parser.add_argument("--times", type=int, default=1 << 30)
    parser.add_argument("--close-after-letter", action="store_true", help="hang up after each letter, unannounced")
    parser.add_argument("--journal", action="store_true")
    parser.add_argument("--slow-every", type=int, default=0, metavar="N")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--tls-from-start", action="store_true")
    parser.add_argument("--require-starttls", action="store_true")
    parser.add_argument("--login", metavar="USER:PASSWORD")
    return parser.parse_args()


class Server:
    def __init__(self, given):
        self.given = given
        self.actions = dict(item.split("=", 1) for item in given.at)
        self.left = given.times
        self.sessions = 0
        self.letters = 0

    def action(self, stage):
        if stage not in self.actions or self.left <= 0:
            return None
        self.left -= 1
        return self.actions[stage]

    def note(self, letter):
        head = letter.split(b"\r\n\r\n", 1)[0].decode()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n") if ": " in line)
        with open(os.path.join(self.given.folder, "journal"), "a") as file:
            file.write(f"{fields['Message-ID']}\t{fields['Subject']}\n")

    def keep(self, session, envelope):
        self.letters += 1
        if self.given.journal:
            return self.note(envelope.original_content)
        base = os.path.join(self.given.folder, f"{self.letters:04}")
        with open(base + ".eml", "wb") as file:
            file.write(envelope.original_content)
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "options": envelope.mail_options,
            "session": session.number,
            "tls": session.ssl is not None,
            "login": session.authenticated,
            "hello": session.host_name,
        }
        # The .json appears whole: who waits for it finds a finished letter.
        with open(base + ".tmp", "w") as file:
            json.dump(facts, file)
        os.rename(base + ".tmp", base + ".json")


class Conversation(SMTP):
    """One connection. Written over aiosmtpd's commands, so that a reply can be anything or nothing at all."""

    def __init__(self, server, **rest):
        self.server_state = server
        super().__init__(Keeper(server), **rest)

    def connection_made(self, transport):
        fresh = self.session is None or transport is not self.transport
        super().connection_made(transport)
        if fresh and not hasattr(self, "number"):
            self.server_state.sessions += 1
            self.number = self.server_state.sessions
        self.session.number = self.number

    async def misbehave(self, stage):
        """Whether the stage has been answered already."""
        action = self.server_state.action(stage)
        if action is None:
            return False
        if action == "close":
            self.transport.abort()
        elif action == "hang":
            await asyncio.sleep(3600)
        else:
            await self.push(action)
            if action.startswith("421"):
                self.transport.close()
        return True

    @syntax("MAIL FROM: <address>")
    async def smtp_MAIL(self, arg):
        self.mails = getattr(self, "mails", 0) + 1
        if self.mails == 2 and await self.misbehave("MAIL2"):
            return
        if not await self.misbehave("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        if not await self.misbehave("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        if not await self.misbehave("DATA"):
            await super().smtp_DATA(arg)
            if self.server_state.given.close_after_letter:
                self.transport.close()


    async def smtp_QUIT(self, arg):
        if not await self.misbehave("QUIT"):
            await super().smtp_QUIT(arg)


class Keeper:
    def __init__(self, server):
        self.server = server

    async def handle_DATA(self, conversation, session, envelope):
        action = self.server.action("END")
        if action == "close":
            conversation.transport.abort()
            await asyncio.sleep(3600)
        if action == "hang":
            await asyncio.sleep(3600)
        if action == "long":
            lines = "".join(f"250-{'x' * 60}\r\n" for _ in range(20_000))
            self.server.keep(session, envelope)
            return lines + "250 Ok: queued as LONG1"
        if action is not None:
            return action
        self.server.keep(session, envelope)
        slow = self.server.given.slow_every
        if slow and self.server.letters % slow == 0:
            await asyncio.sleep(0.1)
        return f"250 2.0.0 Ok: queued as TEST{self.server.letters}"


async def main(given):
    warnings.simplefilter("ignore")  # login without TLS is what some tests are about
    server = Server(given)
    context = None
    if given.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate, given.key)
    starttls = context if not given.tls_from_start else None

    def authenticate(_, __, ___, mechanism, data):
        expected = given.login.encode().split(b":", 1) if given.login else None
        good = isinstance(data, LoginPassword) and [data.login, data.password] == expected
        return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)

    def conversation():
        return Conversation(
            server, hostname="test", tls_context=starttls, require_starttls=given.require_starttls,
            authenticator=authenticate if given.login else None, auth_required=bool(given.login),
            auth_require_tls=bool(context) and not given.tls_from_start, enable_SMTPUTF8=True)

    loop = asyncio.get_running_loop()
    if "greeting" in server.actions:
        async def refuse(reader, writer):
            writer.write(server.actions["greeting"].encode() + b"\r\n")
            await writer.drain()
            await reader.read()
            writer.close()
        listening = await asyncio.start_server(refuse, "127.0.0.1", 0)
    else:
        listening = await loop.create_server(
            conversation, "127.0.0.1", 0, ssl=context if given.tls_from_start else None)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main(options()))
