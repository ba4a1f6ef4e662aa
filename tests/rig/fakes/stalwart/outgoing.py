"""The queue: every message that was accepted and could not be handed on at once, and delivery reports."""

import json
import os
import smtplib
import ssl
import time

from mail import OverQuota

DAY = 86_400_000
REFUSED = (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)


def is_permanent(problem):
    """Whether the next server will never take the message. A login that is refused is tried again."""
    if not isinstance(problem, REFUSED):
        return False
    codes = [code for code, _ in problem.recipients.values()] if hasattr(problem, "recipients") else [problem.smtp_code]
    return min(codes) >= 500


class Queue:
    def __init__(self, folder, mail, log):
        self.folder, self.mail, self.log = os.path.join(folder, "queue"), mail, log
        self.settings, self.metrics = mail.settings, mail.metrics
        os.makedirs(self.folder, exist_ok=True)
        self.trouble = {}  # why what waits could not leave, by its name
        self.told = {}  # how often the sender was told that it waits

    def accept(self, sender, recipients, content, port, source):
        """Takes a message for good: all of it is on the disk when this returns, whatever becomes of it."""
        authenticated = "authenticated_" if source == "authenticated" else ""
        self.metrics.count(f"queue_{authenticated}message_queued")
        self.metrics.observe(f"message_{authenticated}size", len(content))
        away = [recipient for recipient in recipients if not self.settings.recipient(recipient)]
        for account in {self.settings.recipient(recipient) for recipient in recipients} - {None}:
            try:
                self.mail.deliver(account, content, port)
                self.metrics.count("delivery_completed")
            except OverQuota as problem:
                address = next(one for one in recipients if self.settings.recipient(one) == account)
                self.put(sender, [address], content, source, port, str(problem))
        if away:
            self.put(sender, away, content, source, port)

    def put(self, sender, recipients, content, source, port, trouble=None):
        for part in ("tmp", "new"):
            os.makedirs(os.path.join(self.folder, part), exist_ok=True)
        envelope = {"from": sender, "to": recipients, "source": source, "port": port}
        name = self.mail.unique()
        self.mail.write(os.path.join(self.folder, "new", name), json.dumps(envelope).encode() + b"\n" + content)
        if trouble:
            self.trouble[name] = trouble

    def read(self, name):
        with open(os.path.join(self.folder, "new", name), "rb") as file:
            return json.loads(file.readline()), file.read()

    def names(self):
        folder = os.path.join(self.folder, "new")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def run_forever(self):
        while True:
            for name in self.names():
                if not self.attempt(name):
                    time.sleep(3)
            self.mail.empty_trash()
            time.sleep(0.3)

    def attempt(self, name):
        """One try; whether the message is done with, in whatever way."""
        envelope, content = self.read(name)
        self.metrics.count("delivery_attempt_start")
        try:
            self.hand_on(envelope, content)
            return self.done(name)
        except (OSError, OverQuota, smtplib.SMTPException) as problem:
            if is_permanent(problem) or self.is_expired(name, envelope):
                self.metrics.count("delivery_dsn_perm_fail")
                self.report(envelope, "Failed to deliver message", str(problem))
                return self.done(name)
            self.trouble[name] = str(problem)
            self.warn(name, envelope)
            self.metrics.count("queue_rescheduled")
            self.log(f"a message waits in the queue: {problem}")
            return False

    def done(self, name):
        os.unlink(os.path.join(self.folder, "new", name))
        self.trouble.pop(name, None)
        self.told.pop(name, None)
        self.metrics.count("delivery_completed")
        self.metrics.observe("delivery_total_time", self.age(name))
        return True

    @staticmethod
    def facts(envelope):
        """What expressions of the plan ask about. Recipients outside have the same route, for they differ by sender."""
        return {"rcpt": envelope["to"][0], "sender": envelope["from"] or "", "source": envelope["source"]}

    @staticmethod
    def age(name):
        """Milliseconds."""
        return time.time() * 1000 - int(name.split(".")[0]) / 1e6

    def schedule(self, envelope):
        strategy = self.settings.setting("MtaOutboundStrategy").get("schedule")
        wanted = self.settings.evaluate(strategy, **self.facts(envelope)) if strategy else "remote"
        return next((one for one in self.settings.all("MtaDeliverySchedule") if one["name"] == wanted), {})

    def is_expired(self, name, envelope):
        expiry = self.schedule(envelope).get("expiry", {}).get("expire")
        return expiry is not None and self.age(name) > expiry

    def warn(self, name, envelope):
        """Tells the sender that a message waits: after a day, unless `notify` of its schedule says otherwise."""
        intervals = self.schedule(envelope).get("notify", {}).get("intervals", {}).values()
        due = sorted(one["duration"] for one in intervals) or [DAY]
        times = sum(duration < self.age(name) for duration in due)
        if times > self.told.get(name, 0) and envelope["from"]:
            self.told[name] = times
            self.metrics.count("delivery_dsn_temp_fail")
            self.report(envelope, "Warning: Delay in message delivery", self.trouble[name])

    def report(self, envelope, subject, reason):
        """To the sender; about a report there is none (handle_double_bounce in crates/smtp/src/queue/dsn.rs)."""
        if not envelope["from"]:
            return self.metrics.count("delivery_double_bounce")
        text = f"From: Mail Delivery Subsystem <MAILER-DAEMON@{self.settings.domain}>\r\nTo: <{envelope['from']}>\r\n"
        text += f"Subject: {subject}\r\n\r\n{', '.join(envelope['to'])}: {reason}\r\n"
        self.metrics.count("queue_dsn_queued")
        return self.put("", [envelope["from"]], text.encode(), "dsn", 25)

    def hand_on(self, envelope, content):
        route = self.settings.route(**self.facts(envelope))
        if route is None:
            account = self.settings.recipient(envelope["to"][0])
            if account:
                return self.mail.deliver(account, content, envelope.get("port", 25))
            return self.metrics.count("delivery_double_bounce")
        with open(route["authSecret"]["filePath"], encoding="utf-8") as file:
            password = file.read()
        context = ssl.create_default_context()
        with smtplib.SMTP_SSL(route["address"], route["port"], timeout=30, context=context) as smtp:
            smtp.login(route["authUsername"], password)
            return smtp.sendmail(envelope["from"], envelope["to"], content)
