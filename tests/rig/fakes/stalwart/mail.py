"""Mail on the volume: what accounts keep, what is dropped as a duplicate, and when Deleted Items is emptied."""

import email
import os
import re
import threading
import time

INBOX, JUNK, TRASH = "", "Junk Mail", "Deleted Items"
FOLDERS = {25: INBOX, 2525: JUNK}
REFERRING = ("Message-ID", "In-Reply-To", "References", "Resent-Message-ID")


class OverQuota(Exception):
    """crates/email/src/message/delivery.rs: for the queue to try again."""

    def __str__(self):
        return "451 4.3.0 Mailbox over quota."


def likeness(content):
    """What makes two messages one for the server; None without any id (crates/email/src/message/ingest.rs)."""
    message = email.message_from_bytes(content.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0])
    ids = {one for name in REFERRING for text in message.get_all(name, []) for one in re.findall(r"<([^>]+)>", text)}
    subject = re.sub(r"^((re|fwd?|aw|wg)\s*(\[\d+\])?:\s*)+", "", str(message.get("Subject", "")).strip(), flags=re.I)
    return (frozenset(ids), subject) if ids else None


class Mail:
    def __init__(self, folder, settings, metrics):
        self.folder, self.settings, self.metrics = os.path.join(folder, "mail"), settings, metrics
        self.count, self.lock = 0, threading.Lock()
        self.known = {}  # likenesses by the file's name without its flags

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

    def home(self, account):
        """Dovecot's, too: by the whole address, for a name may be in several domains."""
        return os.path.join(self.folder, self.settings.address(account), "Maildir")

    def files(self, account, *folders):
        """Messages of these folders; of all of them where none is named."""
        home = self.home(account)
        for folder, _, names in os.walk(home):
            if os.path.basename(folder) in ("new", "cur"):
                at = os.path.relpath(os.path.dirname(folder), home)
                if not folders or ("" if at == "." else at) in folders:
                    yield from (os.path.join(folder, name) for name in names)

    def is_over_quota(self, account, size):
        allowed = (self.settings.found(account)[1] or {}).get("quotas", {}).get("maxDiskQuota")
        return allowed is not None and size + sum(map(os.path.getsize, self.files(account))) > allowed

    def likeness_of(self, path):
        name = os.path.basename(path).split(":")[0]
        if name not in self.known:
            with open(path, "rb") as file:
                self.known[name] = likeness(file.read(65536))
        return self.known[name]

    def is_duplicate(self, account, folder, content):
        wanted, there = likeness(content), self.files(account, folder, JUNK)
        return wanted is not None and any(self.likeness_of(path) == wanted for path in there)

    def deliver(self, account, content, port):
        """Into the account; a message that is there already is dropped without a word."""
        folder = FOLDERS.get(port, INBOX)
        if self.is_over_quota(account, len(content)):
            self.metrics.count("limit_quota")
            raise OverQuota
        if not self.is_duplicate(account, folder, content):
            self.store(account, content, folder)
            self.metrics.count("message_ingest_ham" if folder == INBOX else "message_ingest_spam")

    def store(self, account, content, folder):
        home = os.path.join(self.home(account), folder)
        for part in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(home, part), exist_ok=True)
        self.write(os.path.join(home, "new", f"{self.unique()}.stalwart"), content)

    def empty_trash(self):
        """Deletes what was put there longer ago than the settings say (crates/email/src/message/delete.rs)."""
        held = self.settings.setting("DataRetention").get("expungeTrashAfter")
        if held is None:
            return
        for account in self.settings.accounts():
            for path in list(self.files(self.settings.key(account), TRASH, JUNK)):
                if os.stat(path).st_ctime < time.time() - held / 1000:
                    os.unlink(path)
