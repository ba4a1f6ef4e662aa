"""As much of the server's JMAP as the stack asks: settings, app passwords, the queue, one person's newest messages."""

import base64
import email
import json
import os
import re
import time

from registry import SINGLETON, Refused

MASKED = "*****"
MAX_RESULTS = 5000


def file_time(name):
    """When a file of the Maildir or the queue was written: its name begins with nanoseconds."""
    return int(name.split(".")[0]) / 1e9


def decoded(header):
    """User and password of a Basic login, or None."""
    kind, _, text = (header or "").partition(" ")
    try:
        user, _, password = base64.b64decode(text).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if kind.lower() == "basic" else None


def response(error):
    """A server's response in its parts; what is no response of a server has only a text."""
    parts = re.fullmatch(r"(\d{3}) (?:(\d\.\d+\.\d+) )?(.*)", error or "", re.DOTALL)
    if parts is None:
        return {"responseCode": None, "responseEnhanced": None, "responseMessage": None, "errorMessage": error}
    code, enhanced, message = parts.groups()
    return {
        "responseCode": int(code),
        "responseEnhanced": enhanced,
        "responseMessage": message,
        "errorMessage": None,
    }


class Jmap:
    def __init__(self, queue, settings, access, tokens, act):
        self.queue, self.mail, self.settings = queue, queue.mail, settings
        self.access, self.tokens, self.act = access, tokens, act
        self.remembered = {}

    def account(self, header):
        """Who asks: an account's name, "" for the administrator, None for nobody. `person%admin` is the person."""
        login = decoded(header)
        kind, _, token = (header or "").partition(" ")
        if login:
            account = self.access.account(*login)
            if account is not None:
                self.remembered[token] = login
            return account
        if token in self.remembered:  # whatever stands before it (crates/http/src/auth/authenticate.rs)
            return self.access.account(*self.remembered[token])
        return self.tokens.account(token) if kind.lower() == "bearer" else None

    def files(self, account):
        folder = self.mail.home(account)
        names = [(name, part) for part in ("new", "cur") for name in self.listed(os.path.join(folder, part))]
        return {name.split(":")[0]: os.path.join(folder, part, name) for name, part in sorted(names, reverse=True)}

    @staticmethod
    def listed(folder):
        return os.listdir(folder) if os.path.isdir(folder) else []

    def queued(self, name):
        recipients = self.queue.read(name)[0]["to"]
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(file_time(name)))
        error = self.queue.trouble.get(name)
        failure = {"@type": "TemporaryFailure", "errorType": "unexpectedResponse", **response(error)}
        status = failure if error else {"@type": "Scheduled"}
        return {"id": name, "createdAt": created, "recipients": {to: {"status": status} for to in recipients}}

    def message(self, name, path):
        with open(path, "rb") as file:
            headers = email.message_from_binary_file(file)
        return {"id": name, "messageId": [str(headers.get("Message-ID", "")).strip("<> ")]}

    def call(self, account, method, arguments):
        if method == "x:QueuedMessage/get" and account == "":
            return {"list": [self.queued(name) for name in self.queue.names()]}
        if method.startswith("x:"):
            kind, _, verb = method[2:].partition("/")
            if kind == "AppPassword" and account:
                return getattr(self, f"passwords_{verb}")(account, arguments)
            return getattr(self, f"registry_{verb}")(kind, arguments) if account == "" else None
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

    def registry_query(self, kind, arguments):
        """Newest first; but where a position is named, counted from the oldest (crates/jmap/src/registry/query.rs)."""
        ids = sorted(self.settings.registry.get(kind))
        start, limit = arguments.get("position") or 0, min(arguments.get("limit") or MAX_RESULTS, MAX_RESULTS)
        page = ids[start : start + limit] if start > 0 else ids[::-1][:limit]
        return {"ids": sorted(page, reverse=True)}

    def registry_get(self, kind, arguments):
        objects = self.settings.registry.get(kind)
        if self.settings.registry.is_singleton(kind):
            objects = {SINGLETON: self.settings.setting(kind)}
        ids = objects if arguments.get("ids") is None else [one for one in arguments["ids"] if one in objects]
        return {"list": [{"id": one, **self.shown(objects[one])} for one in ids]}

    @staticmethod
    def shown(value):
        """As it is answered: no secret of a credential is ever shown again."""
        masked = {n: {**one, "secret": MASKED} for n, one in value.get("credentials", {}).items()}
        return {**value, "credentials": masked} if "credentials" in value else value

    def registry_set(self, kind, arguments):
        registry = self.settings.registry
        return self.each(
            arguments,
            lambda value: self.made(kind, value),
            lambda identifier, patch: registry.update(kind, identifier, patch),
            lambda identifier: registry.destroy(kind, identifier),
        )

    def made(self, kind, value):
        if kind != "Action":
            return {"id": self.settings.registry.create(kind, value)}
        self.act(value["@type"])
        return {"id": SINGLETON}

    def passwords_set(self, account, arguments):
        return self.each(
            arguments,
            lambda value: self.access.make(account, value),
            lambda identifier, patch: self.access.change(account, identifier, patch),
            lambda identifier: self.access.remove(account, identifier),
        )

    def passwords_get(self, account, _arguments):
        kept = self.shown({"credentials": self.access.app_passwords(account)})["credentials"]
        return {"list": [{"id": identifier, **one} for identifier, one in kept.items()]}

    @staticmethod
    def each(arguments, create, update, destroy):
        """A set method: each item is done or refused by itself."""
        result = {"created": {}, "updated": {}, "destroyed": []}

        def attempt(failed, name, step):
            try:
                return step()
            except Refused as refusal:
                kind, _, description = str(refusal).partition(": ")
                result.setdefault(failed, {})[name] = {"type": kind, "description": description}
                return refusal

        for name, value in (arguments.get("create") or {}).items():
            made = attempt("notCreated", name, lambda value=value: create(value))
            if not isinstance(made, Refused):
                result["created"][name] = made
        for name, patch in (arguments.get("update") or {}).items():
            if not attempt("notUpdated", name, lambda name=name, patch=patch: update(name, patch)):
                result["updated"][name] = None
        for name in arguments.get("destroy") or []:
            if not attempt("notDestroyed", name, lambda name=name: destroy(name)):
                result["destroyed"].append(name)
        return result

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
