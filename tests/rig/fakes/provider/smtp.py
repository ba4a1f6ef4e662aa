"""The fake mail provider's SMTP server: implicit TLS, a login, and then every message finds a mailbox.

Mail to the domain goes into that mailbox, where a fetcher collects it. Mail to anybody else "leaves": it is told on standard
output, one JSON object a line, and its recipient answers, so that a person who tries the stack sees a round trip.
"""

import asyncio
import base64
import email
import email.policy
import email.utils
import json
import os
import signal
import ssl
import sys
import time
from email.message import EmailMessage

DOMAIN = os.environ["DOMAIN"]
ROOT = os.environ.get("ROOT", "")  # where config, tls and mail are
MAIL = f"{ROOT}/mail"
LIMIT = 50 * 1024 * 1024
delivered = 0


def logins(path):
    """Dovecot's passwd-file: `address:{PLAIN}password` a line."""
    with open(path, encoding="utf-8") as file:
        return dict(line.strip().split(":{PLAIN}", 1) for line in file if ":{PLAIN}" in line)


def store(address, content):
    """Puts a message into an address' Maildir, whole or not at all."""
    global delivered
    delivered += 1
    folder = os.path.join(MAIL, address)
    for part in ("tmp", "new", "cur"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    name = f"{time.time_ns()}.{os.getpid()}_{delivered}.provider"
    temporary = os.path.join(folder, "tmp", name)
    with open(temporary, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    os.rename(temporary, os.path.join(folder, "new", name))


def answer(content, recipient, sender):
    """What the outside recipient writes back."""
    original = email.message_from_bytes(content, policy=email.policy.default)
    reply = EmailMessage()
    reply["From"], reply["To"] = recipient, sender
    subject = str(original["Subject"] or "(no subject)")
    reply["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    reply["Date"] = email.utils.formatdate(localtime=True)
    reply["Message-ID"] = email.utils.make_msgid(domain="elsewhere.test")
    if original["Message-ID"]:
        reply["In-Reply-To"] = reply["References"] = str(original["Message-ID"])
    reply.set_content(
        "Your message left your home through the fake mail provider and reached me.\n"
        "This answer came back the same way: provider, fetchmail, Stalwart.\n"
    )
    return reply.as_bytes(policy=email.policy.SMTP)


def told(what, **more):
    print(json.dumps({"event": what, **more}), flush=True)


class Session:
    """One SMTP connection."""

    def __init__(self, reader, writer, users):
        self.reader, self.writer, self.users = reader, writer, users
        self.user, self.sender, self.recipients = None, None, []

    async def say(self, line):
        self.writer.write(f"{line}\r\n".encode())
        await self.writer.drain()

    async def ask(self, prompt):
        await self.say(f"334 {base64.b64encode(prompt).decode()}")
        return base64.b64decode((await self.reader.readline()).strip())

    async def login(self, words):
        if words[1].upper() == "PLAIN":
            raw = base64.b64decode(words[2]) if len(words) > 2 else await self.ask(b"")
            _, user, password = raw.decode().split("\0")
        elif words[1].upper() == "LOGIN":
            user = base64.b64decode(words[2]).decode() if len(words) > 2 else (await self.ask(b"Username:")).decode()
            password = (await self.ask(b"Password:")).decode()
        else:
            return await self.say("504 PLAIN or LOGIN")
        if self.users.get(user) != password:
            return await self.say("535 5.7.8 wrong user name or password")
        self.user = user
        return await self.say("235 2.7.0 welcome")

    async def data(self):
        await self.say("354 go ahead")
        lines = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        content = b"".join(lines)
        if len(content) > LIMIT:
            return await self.say("552 5.3.4 too large")
        subject = str(email.message_from_bytes(content, policy=email.policy.default)["Subject"] or "")
        for recipient in self.recipients:
            if recipient.endswith(f"@{DOMAIN}"):
                store(recipient, content)
                if recipient not in self.users:
                    told("kept", **{"from": self.sender, "to": recipient, "subject": subject})
            else:
                store(f"outside/{recipient.replace('/', '_')}", content)
                told("left", **{"from": self.sender, "to": recipient, "login": self.user, "subject": subject})
                if self.sender in self.users:
                    store(self.sender, answer(content, recipient, self.sender))
        self.sender, self.recipients = None, []
        return await self.say("250 2.0.0 taken")

    async def command(self, line):
        words = line.split()
        verb = words[0].upper() if words else ""
        if verb == "EHLO":
            await self.say(f"250-{DOMAIN}\r\n250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {LIMIT}")
        elif verb == "HELO":
            await self.say(f"250 {DOMAIN}")
        elif verb == "AUTH" and len(words) > 1:
            await self.login(words)
        elif verb in ("MAIL", "RCPT") and not self.user:
            await self.say("530 5.7.0 a login is required")
        elif verb == "MAIL":
            self.sender, self.recipients = line.partition("<")[2].partition(">")[0].lower(), []
            if self.sender not in ("", self.user):  # as at Migadu: a mailbox sends as itself
                await self.say("553 5.7.1 sender address rejected: not owned by the user")
                self.sender = None
            else:
                await self.say("250 2.1.0 ok")
        elif verb == "RCPT" and self.sender is not None:
            self.recipients.append(line.partition("<")[2].partition(">")[0].lower())
            await self.say("250 2.1.5 ok")
        elif verb == "DATA" and self.recipients:
            await self.data()
        elif verb in ("RSET", "NOOP"):
            self.sender, self.recipients = None, []
            await self.say("250 2.0.0 ok")
        elif verb == "QUIT":
            await self.say("221 2.0.0 bye")
            return False
        else:
            await self.say("503 5.5.1 not now")
        return True

    async def run(self):
        try:
            await self.say(f"220 {DOMAIN} ESMTP fake provider")
            while line := await self.reader.readline():
                if not await self.command(line.decode("utf-8", "replace").strip()):
                    break
        except (ConnectionError, ValueError, asyncio.IncompleteReadError) as problem:
            print(f"a connection broke: {problem}", file=sys.stderr, flush=True)
        finally:
            self.writer.close()


def welcome(users, path):
    """The first message of everybody who has no mail yet."""
    with open(path, "rb") as file:
        text = file.read()
    for address in users:
        if not os.path.isdir(os.path.join(MAIL, address)):
            store(address, text.replace(b"@ADDRESS@", address.encode()).replace(b"\n", b"\r\n"))


async def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    users = logins(f"{ROOT}/config/users")
    welcome(users, f"{ROOT}/config/welcome.eml")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"{ROOT}/tls/tls.crt", f"{ROOT}/tls/tls.key")
    server = await asyncio.start_server(
        lambda reader, writer: Session(reader, writer, users).run(), "", 465, ssl=context, limit=LIMIT
    )
    told("started")
    async with server:
        await server.serve_forever()


asyncio.run(main())
