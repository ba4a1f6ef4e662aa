"""The fake of Stalwart with one mailbox, in whose queue a test can let time pass and refuse what leaves it."""

import os
import smtplib
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../support"))

from fake_stalwart import DOMAIN, FakeStalwart

FRIEND = "friend@elsewhere.test"
KINGA = f"kinga@{DOMAIN}"
DAY = 86_400


def message(subject="hello", identifier="1@elsewhere.test", size=0):
    return f"Message-ID: <{identifier}>\r\nSubject: {subject}\r\n\r\n{'x' * size}\r\n".encode()


class Delivery(unittest.TestCase):
    def setUp(self):
        self.server = FakeStalwart(self)
        self.server.declare("kinga")
        self.queue, self.mail = self.server.queue, self.server.mail
        self.update = self.server.settings.registry.update
        stays = {"else": "'remote'", "match": {"0": {"if": "is_local_address(rcpt)", "then": "'local'"}}}
        local = {"else": "'relay'", "match": {"0": {"if": "is_local_address(rcpt)", "then": "'local'"}}}
        self.set("MtaOutboundStrategy", {"schedule": stays, "route": local})

    def set(self, kind, value):
        self.server.apply({"@type": "update", "object": kind, "value": value})

    def receive(self, content, sender=FRIEND, port=25, to=KINGA):
        self.queue.accept(sender, [to], content, port, "unauthenticated")

    def kept(self, *folders):
        return len(list(self.mail.files("kinga", *folders)))

    def age(self, seconds):
        """As if everything in the queue had been there for so long."""
        for name in self.queue.names():
            older = f"{time.time_ns() - int(seconds * 10**9)}.{name.split('.', 1)[1]}"
            folder = os.path.join(self.queue.folder, "new")
            os.rename(os.path.join(folder, name), os.path.join(folder, older))
            self.queue.told[older] = self.queue.told.pop(name, 0)

    def refusing(self, code):
        """The provider refuses every recipient from now on."""

        def hand_on(_envelope, _content):
            raise smtplib.SMTPRecipientsRefused({FRIEND: (code, b"no such user")})

        self.queue.hand_on = hand_on

    def attempts(self):
        return [self.queue.attempt(name) for name in self.queue.names()]
