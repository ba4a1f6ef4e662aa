"""As much of the server's JMAP as `npm run doctor` asks: what waits to leave, and one person's newest messages."""

import base64
import email
import json
import os
import time


def file_time(name):
    """When a file of the Maildir or the queue was written: its name begins with nanoseconds."""
    return int(name.split(".")[0]) / 1e9


class Jmap:
    def __init__(self, mail, settings, login):
        self.mail, self.settings = mail, settings
        self.user, _, self.password = login.partition(":")

    def account(self, header):
        """Who asks: an account's name, "" for the administrator, None for nobody. `person%admin` asks for the person."""
        kind, _, text = (header or "").partition(" ")
        if kind != "Basic":
            return None
        user, _, password = base64.b64decode(text).decode().partition(":")
        person, _, administrator = user.rpartition("%")
        if administrator != self.user or password != self.password:
            return None
        return self.settings.account(person) if person else ""

    def files(self, account):
        folder = os.path.join(self.mail.folder, account, "Maildir")
        names = [(name, part) for part in ("new", "cur") for name in self.listed(os.path.join(folder, part))]
        return {name.split(":")[0]: os.path.join(folder, part, name) for name, part in sorted(names, reverse=True)}

    @staticmethod
    def listed(folder):
        return os.listdir(folder) if os.path.isdir(folder) else []

    def queued(self, name):
        with open(os.path.join(self.mail.queue, "new", name), "rb") as file:
            recipients = json.loads(file.readline())["to"]
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(file_time(name)))
        error = self.mail.trouble.get(name)
        failure = {"@type": "TemporaryFailure", "errorType": "unexpectedResponse", "errorMessage": error}
        status = failure if error else {"@type": "Scheduled"}
        return {"id": name, "createdAt": created, "recipients": {to: {"status": status} for to in recipients}}

    def message(self, name, path):
        with open(path, "rb") as file:
            headers = email.message_from_binary_file(file)
        return {"id": name, "messageId": [str(headers.get("Message-ID", "")).strip("<> ")]}

    def call(self, account, method, arguments):
        if method == "x:QueuedMessage/get" and account == "":
            return {"list": [self.queued(name) for name in self.listed(os.path.join(self.mail.queue, "new"))]}
        files = self.files(account)
        if method == "Email/query":
            return {"ids": list(files)[: arguments.get("limit", 30)]}
        if method == "Email/get":
            return {"list": [self.message(name, files[name]) for name in arguments["ids"] if name in files]}
        if method == "Email/set":
            for name in arguments["destroy"]:
                os.unlink(files[name])
            return {"destroyed": arguments["destroy"]}
        return None

    def answer(self, header, path, body):
        """A status and a text."""
        account = self.account(header)
        if account is None:
            return 401, '{"status": 401}'
        if path == "/jmap/session":
            return 200, json.dumps({"primaryAccounts": {"urn:ietf:params:jmap:mail": account}})
        responses = []
        for method, arguments, number in json.loads(body)["methodCalls"]:
            result = self.call(account, method, arguments)
            responses.append([method, result, number] if result else ["error", {"type": "unknownMethod"}, number])
        return 200, json.dumps({"methodResponses": responses})
