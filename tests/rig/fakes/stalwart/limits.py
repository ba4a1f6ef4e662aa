"""What a mail session may do by the settings, and the server's words about the rest (crates/smtp/src/inbound)."""

import json
import re
import sys
import tempfile
import time

TOO_LARGE = "552 5.3.4 Message too big for system."
RATE_EXCEEDED = "452 4.4.5 Rate limit exceeded, try again later."
# A throttle's objects are known by their descriptions; what they count by is in their keys, which nobody changes.
BY_ADDRESS, BY_RECIPIENT = "Sender IP throttle", "Sender address to recipient throttle"


class Throttles:
    """Counts of all sessions."""

    def __init__(self, settings, now=time.time):
        self.settings, self.now, self.counted = settings, now, {}

    def is_over(self, description, key):
        for throttle in self.settings.all("MtaInboundThrottle"):
            if throttle["description"] == description and throttle["enable"]:
                rate, now = throttle["rate"], self.now()
                since = now - rate["period"] / 1000
                recent = [when for when in self.counted.get((description, key), []) if when > since]
                self.counted[description, key] = [*recent, now]
                return len(recent) >= rate["count"]
        return False


class Session:
    """One connection; each method says why the server refuses a step, or nothing."""

    def __init__(self, settings, throttles, port, address):
        self.settings, self.throttles = settings, throttles
        self.port, self.address = port, address
        self.messages = self.received = 0
        self.began = throttles.now()

    @property
    def hostname(self):
        return self.settings.setting("SystemSettings")["defaultHostname"]

    def setting(self, kind, name):
        return self.settings.evaluate(self.settings.setting(kind)[name], rcpt="", local_port=self.port)

    def ehlo(self, name):
        known = "." in name.strip(".") or not self.setting("MtaStageEhlo", "rejectNonFqdn")
        return None if known else "550 5.5.0 Invalid EHLO domain."

    @property
    def largest(self):
        return self.setting("MtaStageData", "maxMessageSize")

    def mail(self, size=0):
        if size > self.largest:
            return TOO_LARGE
        limit = self.settings.setting("MtaInboundSession")["maxDuration"]["else"]
        if self.throttles.now() - self.began > seconds(limit):
            return f"421 4.3.2 {self.hostname} Session open for too long."
        return RATE_EXCEEDED if self.throttles.is_over(BY_ADDRESS, self.address) else None

    def rcpt(self, sender, recipient):
        domain = sender.rpartition("@")[2].lower()
        return RATE_EXCEEDED if self.throttles.is_over(BY_RECIPIENT, (domain, recipient.lower())) else None

    def data(self, content):
        self.received += len(content)
        if self.received > self.setting("MtaInboundSession", "transferLimit"):
            return f"452 4.7.28 {self.hostname} Session exceeded transfer quota."
        if self.messages >= self.setting("MtaStageData", "maxMessages"):
            return "452 4.4.5 Maximum number of messages per session exceeded."
        self.messages += 1
        if len(content) > self.largest:
            return TOO_LARGE
        headers = content[: content.find(b"\r\n\r\n")]
        hops = len(re.findall(rb"(?im)^received:", headers))
        if hops > self.setting("MtaStageData", "maxReceivedHeaders"):
            return "450 4.4.6 Too many Received headers. Possible loop detected."
        return None


def seconds(duration):
    """A duration as expressions have it."""
    number, unit = re.fullmatch(r"'?(\d+)([smhd])'?", duration).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def backlog(settings, port, messages):
    """The responses to a fetcher's backlog in one session, from one sender, ten messages a second, and a late one."""
    clock = Clock()
    session = Session(settings, Throttles(settings, clock), port, "10.42.0.9")
    yield session.ehlo("fetchmail-kinga-7d9f")
    for content in messages:
        yield session.mail()
        yield session.rcpt("news@elsewhere.test", "kinga@home.test")
        yield session.data(content)
        clock.now += 0.1
    clock.now += 3600
    yield session.mail()


def main():
    """Reads a plan; tells what a server with these settings refuses of a backlog on each port that fetchers use."""
    from settings import Settings

    many_hops = b"Received: by a relay\r\n" * 150 + b"Subject: old\r\n\r\n"
    large = b"Subject: large\r\n\r\n" + b"x" * (150 * 2**20)
    messages = [b"Subject: hello\r\n\r\n"] * 1000 + [many_hops, large, large]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(folder)
        settings.registry.save = lambda: None
        settings.apply(sys.stdin.read(), lambda _: None)
        answers = [sorted(set(backlog(settings, port, messages)) - {None}) for port in (25, 2525)]
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
