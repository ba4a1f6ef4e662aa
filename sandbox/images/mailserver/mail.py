"""Mail on the volume: people's folders, and what is on its way out."""

import json
import os
import smtplib
import ssl
import threading
import time

FOLDERS = {25: "", 2525: "Junk Mail"}


class Mail:
    def __init__(self, folder, settings, log):
        self.folder, self.settings, self.log = os.path.join(folder, "mail"), settings, log
        self.queue = os.path.join(folder, "queue")
        os.makedirs(self.queue, exist_ok=True)
        self.count, self.lock = 0, threading.Lock()
        self.trouble = {}  # why what waits in the queue could not leave, by its name

    def unique(self):
        with self.lock:
            self.count += 1
            return f"{time.time_ns()}.{os.getpid()}_{self.count}"

    @staticmethod
    def write(path, content):
        """Whole and on the disk, or not at all."""
        temporary = os.path.join(os.path.dirname(os.path.dirname(path)), "tmp", os.path.basename(path))
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)

    def store(self, account, content, port):
        folder = os.path.join(self.folder, account, "Maildir", FOLDERS.get(port, ""))
        for part in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
        self.write(os.path.join(folder, "new", f"{self.unique()}.stalwart"), content)

    def send(self, sender, recipients, content):
        for part in ("tmp", "new"):
            os.makedirs(os.path.join(self.queue, part), exist_ok=True)
        envelope = json.dumps({"from": sender, "to": recipients}).encode()
        self.write(os.path.join(self.queue, "new", self.unique()), envelope + b"\n" + content)

    def accept(self, sender, recipients, content, port):
        """Takes a message for good: all of it is on the disk when this returns."""
        away = [recipient for recipient in recipients if not self.settings.account(recipient)]
        for account in {self.settings.account(recipient) for recipient in recipients} - {None}:
            self.store(account, content, port)
        if away:
            self.send(sender, away, content)

    def relay_forever(self):
        """Hands everything outbound to the provider; what fails waits, and is tried again."""
        while True:
            folder = os.path.join(self.queue, "new")
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    envelope, content = json.loads(file.readline()), file.read()
                try:
                    self.relay(envelope, content)
                    os.unlink(path)
                    self.trouble.pop(name, None)
                except (OSError, smtplib.SMTPException) as problem:
                    self.trouble[name] = str(problem)
                    self.log(f"a message waits in the queue: {problem}")
                    time.sleep(3)
            time.sleep(0.3)

    def relay(self, envelope, content):
        route = self.settings.relay
        with open(route["authSecret"]["filePath"], encoding="utf-8") as file:
            password = file.read()
        context = ssl.create_default_context()
        with smtplib.SMTP_SSL(route["address"], route["port"], timeout=30, context=context) as smtp:
            smtp.login(route["authUsername"], password)
            smtp.sendmail(envelope["from"], envelope["to"], content)
