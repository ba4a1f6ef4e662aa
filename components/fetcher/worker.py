"""Keeps one folder of one mailbox flowing: fetchmail moves the mail, the courier takes what it leaves."""

import imaplib
import os
import re
import subprocess
import threading
import time

from courier import Courier
from keeper import Keeper
from status import Credentials, Status, log


def quote(text):
    """For fetchmail's lexer, which ends a string at the first quote, escaped or not: everything unusual in hex."""
    return '"' + "".join(chr(b) if b < 128 and chr(b).isalnum() else f"\\x{b:02x}" for b in text.encode()) + '"'


class Worker:
    """Runs fetchmail over and over, reads its output, and ends it when it is stuck."""

    def __init__(self, options, folder, template, imap, sink, stop):
        self.options, self.folder, self.imap, self.sink, self.stop = options, folder, imap, sink, stop
        self.watched = folder == "INBOX"  # fetchmail waits in IDLE; into other folders it looks now and then
        with open(template, encoding="utf-8") as file:
            self.template = file.read()
        self.credentials = Credentials(options.credentials)
        self.status = Status(folder)
        delivered = lambda: self.status.delivered
        self.courier = Courier(imap.target, sink.target, stop, self.alive, self.status.arrived, delivered)
        suffix = "" if folder == "INBOX" else f"-{folder}"
        self.keeper = Keeper(self, f"Fetcher-Outbox{suffix}") if options.keep else None
        self.aside = f"Fetcher-Refused{suffix}"
        self.source = self.keeper.outbox if self.keeper else folder
        self.process = None
        self.beat = self.spoke = time.monotonic()
        self.idling = self.refused = self.missing = False
        self.detail = ""
        self.down = None  # why a server could not be reached in the last round
        self.refusals = self.failures = self.stuck = 0
        self.second_chance, self.patience = time.monotonic() + 60, 100

    def alive(self):
        """Says that the work goes on; without it for long, the liveness probe fails."""
        self.beat = time.monotonic()

    def contacted(self):
        """Notes that the provider answered."""
        self.status.contact = time.time()

    def fine(self):
        """Notes that everything is fetched that there was."""
        self.status.waiting = 0
        self.status.recovered()

    def say(self, text):
        log(f"{self.folder}: {text}")

    def start(self):
        """Begins to fetch; returns the thread that works."""
        thread = threading.Thread(target=self.forever, args=(self.keeper.run if self.keeper else self.fetch,))
        thread.start()
        return thread

    def forever(self, job):
        while not self.stop.is_set():
            pair = self.credentials.read()
            try:
                if pair is None:
                    self.status.fail("the Secret holds no address or no password for this mailbox")
                    self.sleep(5)
                else:
                    job(pair)
            except Exception as problem:  # whatever it is, mail goes on
                self.status.fail(self.reason(problem))
                self.sleep(30, pair)

    def sleep(self, seconds, pair=None):
        """Waits; new credentials end the wait."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stop.wait(min(1, seconds)):
            self.beat = time.monotonic()
            if pair is not None and self.credentials.changed(pair):
                self.refusals = self.failures = 0
                log(f"{self.folder}: credentials changed")
                return

    def fetch(self, pair):
        """One round: fetchmail until it ends, then the courier, then a pause that fits how it went.

        Returns whether it went well.
        """
        started = time.monotonic()
        code = self.run_fetchmail(pair)
        if self.stop.is_set():
            return True
        if self.idling and not self.status.left and not self.imap.error and time.monotonic() - started > 60:
            return True  # the provider, or our limit on silence, ended a long wait: nothing is wrong, wait anew
        status = self.status
        # When all is fetched, it does not matter who hung up on whom in the end.
        down = self.down = (self.imap.error or self.sink.error) if code not in (0, 1) or status.left else None
        if self.refused:
            self.refusals += 1
            status.fail(f"the provider refuses the login: {self.detail or 'it gave no reason'}")
            # Providers lock out who knocks too often.
            self.sleep(min(30 * 2 ** min(self.refusals - 1, 9), self.options.refused_max), pair)
            return False
        self.refusals = 0
        if status.left and not down:
            self.carry(pair)
        problem = ""
        if down:
            problem = down
        elif status.left:
            problem = f"{status.left} of the messages stay at the provider: {self.detail}"
        elif code not in (0, 1) and not self.missing:  # a folder that is not there has no mail
            problem = self.detail or f"fetchmail ended with status {code}"
        self.failures = self.failures + 1 if problem else 0
        if problem:
            status.fail(problem)
            # At first in quick succession: a new pod's network may open late.
            pause = (4 if status.flowed else 0.5) * 2 ** min(self.failures - 1, 8)
            self.sleep(min(pause, self.options.retry_max), pair)
        elif not self.keeper:
            self.fine()
            if not self.watched:
                self.give_second_chance(pair)
            self.sleep(0.2 if self.watched else self.options.interval, pair)
        return not problem

    def carry(self, pair, folder=None):
        """Lets the courier try what fetchmail left, and notes how that went."""
        status = self.status
        try:
            delivered, left, aside, refusal = self.courier.sweep(pair, folder or self.source, self.aside)
        except (OSError, imaplib.IMAP4.error) as problem:
            self.detail = self.reason(problem)
            return
        status.left, status.waiting = left, left
        if aside:
            status.aside += aside
            self.patience = min(100, self.options.second_chance)
            self.second_chance = time.monotonic() + self.patience
        self.detail = self.clean(f"the mail server answered {refusal}") if refusal else self.detail
        if delivered:
            log(f"{self.folder}: {delivered} carried by the courier")
        if aside:
            log(f"{self.folder}: {aside} refused for good, moved to the provider's folder {self.aside}: {self.detail}")

    def give_second_chance(self, pair):
        """Tries what was set aside, ever more rarely; runs beside fetchmail, which never looks into that folder."""
        if time.monotonic() < self.second_chance or self.status.error:
            return
        self.second_chance = time.monotonic() + self.patience
        self.patience = min(2 * self.patience, self.options.second_chance)
        try:
            delivered, self.status.aside, _, _ = self.courier.sweep(pair, self.aside, None)
            if delivered:
                log(f"{self.folder}: {delivered} that were set aside are delivered")
        except (OSError, imaplib.IMAP4.error) as problem:
            log(f"{self.folder}: could not look into {self.aside}: {self.reason(problem)}")

    def run_fetchmail(self, pair):
        """One run; returns the exit status."""
        rc = self.template
        for name, value in (("ADDRESS", pair[0]), ("PASSWORD", pair[1]), ("FOLDER", self.source)):
            rc = rc.replace(f"@{name}@", quote(value))
        home = os.path.join(self.options.state, self.folder.lower())
        os.makedirs(home, exist_ok=True)
        lock = os.path.join(home, "fetchmail.pid")
        if os.path.exists(lock):
            os.unlink(lock)  # from before a restart: its number may be another process's by now
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "FETCHMAILHOME": home, "LC_ALL": "C"}
        env.update({name: value for name, value in os.environ.items() if name.startswith("SSL_CERT_")})
        self.detail, self.refused, self.idling, self.missing = "", False, False, False
        self.imap.error = self.sink.error = None
        self.status.left = 0
        self.status.rounds += 1
        self.courier.before = self.status.delivered
        self.spoke = time.monotonic()
        # -v: the protocol lines tell what happens. They are read here and never logged.
        process = self.process = subprocess.Popen(
            ["fetchmail", "-f", "-", "-v", "--nodetach", "--pidfile", lock],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=home,
        )  # fmt: skip
        try:
            process.stdin.write(rc.encode())
            process.stdin.close()
            threading.Thread(target=self.watch, args=(process, pair), daemon=True).start()
            for line in process.stdout:
                self.read(line.decode("utf-8", "replace").rstrip())
            return process.wait()
        finally:
            process.kill()
            process.wait()

    def watch(self, process, pair):
        """Ends a run that hangs, is to stop, or has old credentials."""
        while process.poll() is None:
            self.stop.wait(0.5)
            self.beat = now = time.monotonic()
            quiet = now - max(self.spoke, self.imap.active, self.sink.active)
            retry = self.idling and self.status.left and now - self.spoke > 5
            if quiet > self.options.hung:
                self.detail = f"no sign of life for {int(quiet)} s"
            elif not (self.stop.is_set() or retry or self.credentials.changed(pair)):
                if self.idling:
                    self.give_second_chance(pair)
                continue
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def read(self, line):
        """Learns from one line of fetchmail's output."""
        status = self.status
        self.spoke = time.monotonic()
        if "IMAP>" in line:
            self.idling = bool(re.search(r"IMAP> A\d+ (IDLE|NOOP)", line))  # NOOP: its stand-in where IDLE is missing
            if self.idling and not status.left:
                status.waiting = 0
                status.recovered()
        elif "IMAP<" in line:
            if " OK" in line:
                status.contact = time.time()
            answer = re.search(r"IMAP< A\d+ (NO|BAD) (.*)", line)
            if answer:
                self.detail = f"the provider answered {self.clean(answer.group(2))}"
                self.missing = "exist" in line and "ailbox" in line or "NONEXISTENT" in line
        elif re.search(r"\d+ messages? .*for ", line):
            status.waiting = int(re.search(r"(\d+) message", line).group(1))
        elif line.endswith((" not flushed", " retained")):
            status.left += 1
        elif line.endswith(" flushed"):
            status.arrived()
        elif "Too many mails skipped" in line:
            status.left = max(status.left, 1)
        elif "SMTP error:" in line or re.search(r"SMTP< [45]\d\d", line):
            self.detail = f"the mail server answered {self.clean(re.split('SMTP error:|SMTP<', line)[1])}"
        elif "Authorization failure" in line:
            self.refused = True
        elif re.search(r"certificate|CommonName|fingerprint", line) and re.search(r"error|fail|mismatch", line):
            verdict = "the provider's certificate is not accepted: "
            if not self.detail.startswith(verdict):  # the first line says why, the next ones only that it failed
                self.detail = verdict + self.clean(line.partition("fetchmail: ")[2])
        elif "timeout after" in line:
            self.detail = self.clean(line.partition("fetchmail: ")[2] or line)

    def reason(self, problem):
        return self.clean(str(problem) or type(problem).__name__)

    def clean(self, text):
        """Somebody else's words for the log: one short line without addresses or secrets."""
        for secret in sorted(self.credentials.read() or (), key=len, reverse=True):
            text = text.replace(secret, "<hidden>")
        text = re.sub(r"<?[^\s<>]*@[^\s<>]*>?", "<address>", re.sub(r"[^\x20-\x7e]+", "?", text))
        return text.strip()[:200]

    def trouble(self):
        """Why mail does not flow, or an empty string; a short hiccup is no trouble yet."""
        status, now = self.status, time.time()
        if status.error and now - status.error_at > self.options.patience:
            return f"{self.folder}: {status.error}"
        if not status.flowed:  # a short hiccup is one only where mail has flowed before
            beginning = "the first round is not over yet" if status.contact else "no contact with the provider yet"
            return f"{self.folder}: {status.error or beginning}"
        limit = 300 if self.watched else 300 + self.options.interval
        if not self.idling and now - status.contact > limit:
            return f"{self.folder}: no contact with the provider for {int(now - status.contact)} s"
        return ""
