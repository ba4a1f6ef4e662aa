"""fetchmail's process: its configuration goes in, its lines come out, and it is ended when somebody says so."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import IO, Callable

from credentials import Login

BREATH = 0.01  # seconds between looks at what fetchmail says; its pipe holds the lines of some ten of its messages


def quote(text: str) -> str:
    """For fetchmail's lexer, which ends a string at the first quote, escaped or not: everything unusual in hex."""
    return '"' + "".join(chr(b) if b < 128 and chr(b).isalnum() else f"\\x{b:02x}" for b in text.encode()) + '"'


def filled(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"@{name}@", quote(value))
    return template


def for_source(template: str, host: str, imap: int, smtp: int) -> str:
    """Of a source neither its server is in the ConfigMap, nor where its proxies listen."""
    return filled(template, {"HOST": host, "IMAP": str(imap), "SMTP": f"127.0.0.1/{smtp}"})


def configuration(template: str, login: Login, folder: str) -> str:
    """The run control file, with what the ConfigMap must not hold."""
    user, password, recipient = login
    return filled(template, {"USER": user, "PASSWORD": password, "ADDRESS": recipient, "FOLDER": folder})


def run(rc: str, home: str, on_line: Callable[[str], None], over: Callable[[], bool], stop: threading.Event) -> int:
    """One run; returns the exit status. `over` is asked twice a second whether the run is to end, at once on `stop`."""
    os.makedirs(home, exist_ok=True)
    lock = os.path.join(home, "fetchmail.pid")
    if os.path.exists(lock):
        os.unlink(lock)  # from before a restart: its number may be another process's by now
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": home, "FETCHMAILHOME": home, "LC_ALL": "C"}
    env.update({name: value for name, value in os.environ.items() if name.startswith("SSL_CERT_")})
    # -v: the protocol lines tell what happens. They are read here and never logged.
    process = subprocess.Popen(
        ["fetchmail", "-f", "-", "-v", "--nodetach", "--pidfile", lock],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=home,
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        process.stdin.write(rc.encode())
        process.stdin.close()
        threading.Thread(target=watch, args=(process, over, stop), daemon=True).start()
        for line in lines(process.stdout):
            on_line(line.decode("utf-8", "replace").rstrip())
        return process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def lines(output: IO[bytes]) -> Iterator[bytes]:
    """Each line, some at a time: fetchmail writes each by itself, and to wake up for it costs more than to read it."""
    rest = b""
    while piece := output.read1(1 << 16):  # type: ignore[attr-defined] # it is buffered
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
        time.sleep(BREATH)
    if rest:
        yield rest


def watch(process: subprocess.Popen[bytes], over: Callable[[], bool], stop: threading.Event) -> None:
    """Ends the run when it is over before fetchmail thinks so."""
    while process.poll() is None:
        stop.wait(0.5)
        if over():
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
