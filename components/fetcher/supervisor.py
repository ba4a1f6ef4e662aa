"""Runs fetchmail for one mailbox and knows how it is doing.

    supervisor.py --mailbox kinga --imap imap.example.org:993 --sink stalwart.mail.svc:25 ...

fetchmail moves the mail; this program fills its configuration from mounted Secret files, starts it again when it ends,
and says in /ready, /metrics and one log line whether mail flows. Nothing it prints holds a password, an address, or
a word of anybody's mail. Python 3.9 or later, standard library only.
"""

import argparse
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
import time

from relay import Relay

STOP = threading.Event()


def log(text):
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text, flush=True)


def quote(text):
    """For fetchmail's lexer, which ends a string at the first quote, escaped or not: everything unusual in hex."""
    return '"' + "".join(chr(b) if chr(b).isalnum() and b < 128 else f"\\x{b:02x}" for b in text.encode()) + '"'


class Credentials:
    """The mounted Secret files. The kubelet swaps them in place, so they are read again and again."""

    def __init__(self, folder):
        self.folder = folder

    def read(self):
        """(address, password), or None while one is missing."""
        try:
            values = []
            for name in ("address", "password"):
                with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                    values.append(file.read().rstrip("\r\n"))
            return tuple(values) if all(values) else None
        except (OSError, UnicodeDecodeError):
            return None


class Status:
    """What is known about one folder's fetching."""

    def __init__(self, folder):
        self.folder = folder
        self.started = time.time()
        self.contact = 0.0  # last time the provider let us in or said something after that
        self.delivery = 0.0
        self.delivered = 0
        self.waiting = 0
        self.left = 0  # messages the mail server would not take, in the latest round
        self.restarts = 0
        self.error = ""  # the reason that mail does not flow now; empty when it does
        self.error_at = 0.0
        self.last_error = ""

    def fail(self, reason):
        if reason != self.error:
            log(f"{self.folder}: {reason}")
            self.error_at = self.error_at if self.error else time.time()
        self.error = self.last_error = reason

    def recovered(self):
        if self.error:
            log(f"{self.folder}: fetching again")
        self.error, self.error_at = "", 0.0


class Fetchmail:
    """One folder: runs fetchmail over and over, reads its output, and ends it when it is stuck."""

    def __init__(self, options, folder, rc, imap, sink, idle):
        self.options, self.folder, self.idle = options, folder, idle
        self.imap, self.sink = imap, sink
        with open(rc, encoding="utf-8") as file:
            self.template = file.read()
        self.credentials = Credentials(options.credentials)
        self.status = Status(folder)
        self.refusals = 0
        self.beat = time.monotonic()  # this folder's threads are at work
        self.process = None
        self.quiet_since = time.monotonic()
        self.idling = False
        self.detail = ""
        self.refused = False

    def run(self):
        failures = 0
        while not STOP.is_set():
            self.beat = time.monotonic()
            pair = self.credentials.read()
            if pair is None:
                self.status.fail("the Secret holds no address or no password for this mailbox")
                STOP.wait(5)
                continue
            code = self.round(pair)
            if STOP.is_set():
                return
            failures = 0 if code in (0, 1) else failures + 1
            self.pause(pair, code, failures)

    def pause(self, pair, code, failures):
        """Waits before the next round; new credentials end the wait."""
        if self.refused:
            wait = min(30 * 2 ** min(self.refusals - 1, 10), self.options.refused_max)  # the provider may lock us out
        elif failures:
            wait = min(2 * 2 ** min(failures - 1, 10), 45)
        elif self.status.left:
            wait = 30
        else:
            wait = 1 if self.idle else self.options.interval
        until = time.monotonic() + wait
        while time.monotonic() < until and not STOP.wait(1):
            self.beat = time.monotonic()
            if self.credentials.read() not in (pair, None):
                log(f"{self.folder}: credentials changed")
                self.refusals = 0
                return

    def round(self, pair):
        """One run of fetchmail; returns its exit status."""
        address, password = pair
        rc = self.template
        for name, value in (("ADDRESS", address), ("PASSWORD", password), ("FOLDER", self.folder)):
            rc = rc.replace(f"@{name}@", quote(value))
        home = os.path.join(self.options.state, self.folder.lower())
        os.makedirs(home, exist_ok=True)
        lock = os.path.join(home, "fetchmail.pid")
        if os.path.exists(lock):
            os.unlink(lock)  # from before a restart: its number may be another process's by now
        env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "FETCHMAILHOME": home, "LC_ALL": "C"}
        env.update({k: v for k, v in os.environ.items() if k.startswith("SSL_CERT_")})
        self.detail, self.refused, self.idling = "", False, False
        self.status.left = 0
        self.status.restarts += 1
        self.quiet_since = time.monotonic()
        self.imap.error = self.sink.error = None
        # -v: the protocol lines tell what happens; they are read here and never logged.
        self.process = subprocess.Popen(
            ["fetchmail", "-f", "-", "-v", "--nodetach", "--pidfile", lock],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=home,
        )
        self.process.stdin.write(rc.encode())
        self.process.stdin.close()
        threading.Thread(target=self.watch, args=(self.process, pair), daemon=True).start()
        for line in self.process.stdout:
            self.read(line.decode("utf-8", "replace").rstrip())
        code = self.process.wait()
        self.judge(code)
        return code

    def watch(self, process, pair):
        """Ends a run that is stuck, stopped, or has old credentials."""
        while process.poll() is None:
            STOP.wait(1)
            self.beat = time.monotonic()
            why = None
            quiet = time.monotonic() - max(self.quiet_since, self.imap.active, self.sink.active)
            if STOP.is_set():
                why = "stopping"
            elif self.credentials.read() not in (pair, None):
                why = "credentials changed"
            elif quiet > self.options.hung:
                why = f"no sign of life for {int(quiet)} s"
                self.detail = f"hung: {why}"
            elif self.idling and self.status.left and time.monotonic() - self.quiet_since > 30:
                why = "" # something was left behind: try again rather than wait for new mail
            if why is None:
                continue
            if why:
                log(f"{self.folder}: ending fetchmail: {why}")
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def read(self, line):
        """Learns from one line of fetchmail's output."""
        status, now = self.status, time.time()
        self.quiet_since = time.monotonic()
        if "IMAP<" in line:
            status.contact = now if "OK" in line and not line.endswith("ready.") else status.contact
            refused = re.search(r"IMAP< A\d+ (NO|BAD) (.*)", line)
            if refused:
                self.detail = f"the provider answered {self.clean(refused.group(2))}"
        self.idling = self.idling and "IMAP>" not in line
        if re.search(r"IMAP> A\d+ IDLE", line):
            self.idling = True
            status.waiting = status.left
            if not status.left:
                status.recovered()
        found = re.search(r"(\d+) messages? (\(\d+ +\w+\) )?for ", line)
        if found:
            status.waiting = int(found.group(1))
        if line.endswith(" not flushed") or line.endswith(" retained"):
            status.left += 1
        elif line.endswith(" flushed"):
            status.delivered += 1
            status.waiting = max(status.waiting - 1, 0)
            status.delivery = now
        found = re.search(r"MTP error: (.*)|SMTP< ([45]\d\d.*)", line)
        if found:
            self.detail = f"the mail server answered {self.clean(found.group(1) or found.group(2))}"
        if "Authorization failure" in line:
            self.refused = True
        if re.search(r"certificate.*(error|fail|mismatch)|name mismatch|certificate verify failed", line, re.I):
            self.detail = f"the provider's certificate is not accepted: {self.clean(line.partition(': ')[2])}"
        if "timeout after" in line:
            self.detail = self.clean(line.partition("fetchmail: ")[2] or line)

    def clean(self, text):
        """A server's words for the log: one short line without addresses."""
        text = re.sub(r"\S*@\S*", "<address>", re.sub(r"[^\x20-\x7e]", "?", text))
        pair = self.credentials.read()
        for secret in pair or ():
            text = text.replace(secret, "<hidden>")
        return text.strip()[:200]

    def judge(self, code):
        """What a finished run says about the flow of mail."""
        status = self.status
        if STOP.is_set():
            return
        if self.refused:
            self.refusals += 1
            status.fail(f"the provider refuses the login: {self.detail or 'no reason given'}")
        elif self.imap.error or self.sink.error:
            status.fail(self.imap.error or self.sink.error)
        elif code not in (0, 1) and code >= 0:
            status.fail(self.detail or f"fetchmail ended with status {code}")
        elif status.left:
            status.fail(f"{status.left} not taken, still at the provider: {self.detail}")
        elif code in (0, 1):
            self.refusals = 0
            status.waiting = 0
            status.recovered()
        if not self.refused:
            self.refusals = 0

    def trouble(self):
        """Why this folder is not ready, or an empty string."""
        status, now = self.status, time.time()
        if status.error and (self.refused or now - status.error_at > self.options.patience):
            return f"{self.folder}: {status.error}"
        if not status.contact:
            return f"{self.folder}: {status.error or 'no contact with the provider yet'}"
        if now - max(status.contact, 0) > 300 + (0 if self.idle else self.options.interval) and not self.idling:
            return f"{self.folder}: no contact with the provider for {int(now - status.contact)} s"
        return ""


class Health(http.server.BaseHTTPRequestHandler):
    """/live, /ready, /metrics."""

    workers, mailbox = [], ""

    @classmethod
    def trouble(cls):
        """Why mail does not flow, in one line; empty when it does or when there is merely nothing to fetch."""
        return "; ".join(filter(None, (w.trouble() for w in cls.workers)))

    def do_GET(self):
        trouble = self.trouble()
        if self.path == "/live":
            stuck = [w.folder for w in self.workers if time.monotonic() - w.beat > 120]
            self.answer(503 if stuck else 200, f"stuck: {', '.join(stuck)}\n" if stuck else "ok\n")
        elif self.path == "/ready":
            self.answer(503 if trouble else 200, (trouble or "ok") + "\n")
        elif self.path == "/metrics":
            self.answer(200, metrics(self.mailbox, self.workers))
        else:
            self.answer(404, "no such page\n")

    def answer(self, code, text):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def metrics(mailbox, workers):
    lines = []
    for name, kind, text, value in (
        ("last_contact_timestamp_seconds", "gauge", "When the provider was last reached.", lambda w: w.status.contact),
        ("last_delivery_timestamp_seconds", "gauge", "When a message was last handed over.", lambda w: w.status.delivery),
        ("delivered_total", "counter", "Messages handed over since start.", lambda w: w.status.delivered),
        ("waiting", "gauge", "Messages at the provider that are still to come.", lambda w: w.status.waiting),
        ("refused", "gauge", "Messages the mail server did not take in the latest round.", lambda w: w.status.left),
        ("rounds_total", "counter", "Times fetchmail was started.", lambda w: w.status.restarts),
        ("ready", "gauge", "Whether mail flows.", lambda w: int(not w.trouble())),
    ):
        lines += [f"# HELP fetchmail_{name} {text}", f"# TYPE fetchmail_{name} {kind}"]
        lines += [f'fetchmail_{name}{{mailbox="{mailbox}",folder="{w.folder}"}} {value(w):.15g}' for w in workers]
    return "\n".join(lines) + "\n"


def write(path, text):
    """In one step, so that a probe never reads half a line."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text and text + "\n")
    os.replace(path + ".new", path)


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailbox", required=True)
    parser.add_argument("--imap", type=endpoint, required=True)
    parser.add_argument("--sink", type=endpoint, required=True)
    parser.add_argument("--junk-sink", type=endpoint)
    parser.add_argument("--keep", action="store_true", help="leave a copy at the provider")
    parser.add_argument("--program", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--credentials", default="/etc/fetcher/credentials")
    parser.add_argument("--state", default="/run/fetcher")
    parser.add_argument("--http", type=int, default=8081)
    parser.add_argument("--interval", type=int, default=180, help="seconds between looks into a folder that is not watched")
    parser.add_argument("--hung", type=int, default=240, help="seconds without a byte or a line before a restart")
    parser.add_argument("--patience", type=int, default=60, help="seconds an error may last before the pod is not ready")
    parser.add_argument("--refused-max", type=int, default=600, help="longest wait after a refused login")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: STOP.set())
    signal.signal(signal.SIGINT, lambda *_: STOP.set())
    imap = Relay("imap", 10993, options.imap, silence=options.hung)
    rc = os.path.join(options.program, "inbox.fetchmailrc")
    workers = [Fetchmail(options, "INBOX", rc, imap, Relay("sink", 10025, options.sink, 120, examine=True), True)]
    if options.junk_sink:
        rc = os.path.join(options.program, "junk.fetchmailrc")
        junk = Relay("junk sink", 12525, options.junk_sink, 120, examine=True)
        workers.append(Fetchmail(options, "Junk", rc, imap, junk, False))
    Health.workers, Health.mailbox = workers, options.mailbox
    server = http.server.ThreadingHTTPServer(("", options.http), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threads = [threading.Thread(target=w.run) for w in workers]
    log(f"fetching {', '.join(w.folder for w in workers)} of {options.mailbox}")
    for thread in threads:
        thread.start()
    said = None
    while any(thread.is_alive() for thread in threads):
        trouble = Health.trouble()
        if trouble != said:
            write(os.path.join(options.state, "trouble"), trouble)
            said = trouble
        time.sleep(0.5)
    log("stopped")


if __name__ == "__main__":
    sys.exit(main())
