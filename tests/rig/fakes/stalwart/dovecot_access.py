"""Shuts banned addresses out of what Dovecot serves, as the server does out of every listener.

The latter is in crates/common/src/network/listen.rs. Dovecot asks for each connection, before it greets
(login_access_sockets; src/login-common/access-lookup.c in its source).
"""

import ipaddress
import os
import socket
import threading

ACCESS = "/tmp/dovecot-access"


def answer(asked, bans):
    """Dovecot passes the client's connection, and wants 1 for one that may come in."""
    _, [descriptor], _, _ = socket.recv_fds(asked, 256, 1)
    with socket.socket(fileno=descriptor) as client:
        blocked = bans.is_blocked(ipaddress.ip_address(client.getpeername()[0]))
    asked.sendall(b"0\n" if blocked else b"1\n")


def watch(bans, path=ACCESS):
    """Answers from now on."""
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)

    def serve():
        while True:
            asked, _ = listener.accept()
            with asked:
                try:
                    answer(asked, bans)
                except (OSError, ValueError):
                    continue  # the client has gone

    threading.Thread(target=serve, daemon=True).start()
