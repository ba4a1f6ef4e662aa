"""What the fake makes of tokens, of refused logins, and of Dovecot's questions about both."""

import base64
import http.server
import ipaddress
import json
import os
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../support"))

from bans import Bans
from fake_stalwart import DOMAIN, FakeStalwart
from logins import Logins
from tokens import Tokens

CHECKPASSWORD = os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart/checkpassword")
VISITOR = ipaddress.ip_address("203.0.113.7")


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(**claims):
    usual = {"aud": ["webmail", "https://auth.test"], "exp": time.time() + 60, "scope": "openid email"}
    return f"{encoded({'alg': 'RS256'})}.{encoded({**usual, **claims})}.x"


class Answering(unittest.TestCase):
    """An issuer, and the fake's own address for Dovecot's questions, on one port."""

    def setUp(self):
        self.server = FakeStalwart(self)
        self.server.declare("kinga")
        self.status, self.user, self.asked = 200, {"email": f"kinga@{DOMAIN}"}, 0
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                test.asked += 1
                self.answer(test.status, test.user)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(200, test.logins.for_dovecot(**body))

            def answer(self, status, value):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(value).encode())

            def log_message(self, *_):
                pass

        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        self.url = f"http://127.0.0.1:{web.server_address[1]}"
        self.tokens = Tokens(self.server.settings)
        self.tokens.userinfo = f"{self.url}/userinfo"
        scopes = {"openid": True, "email": True}
        self.tokens.directory = {"requireAudience": "webmail", "claimUsername": "email", "requireScopes": scopes}
        self.bans = Bans(self.server.settings)
        self.logins = Logins(self.server.settings, self.server.access, self.tokens, self.bans, self.server.metrics)


class Judged(Answering):
    def test_a_token_of_the_issuer_opens_its_users_account(self):
        self.assertEqual(self.tokens.judged(token()), ("kinga", False))
        self.assertEqual(self.tokens.judged(token(exp=time.time() - 30)), ("kinga", False))
        self.assertEqual(self.tokens.judged("opaque"), ("kinga", False))

    def test_a_token_that_the_issuer_refuses_counts_towards_a_ban(self):
        for self.status in (401, 403):
            with self.subTest(self.status):
                self.assertEqual(self.tokens.judged(token()), (None, True))

    def test_a_token_without_a_required_scope_counts_towards_a_ban_and_the_issuer_is_not_asked(self):
        self.assertEqual(self.tokens.judged(token(scope="openid")), (None, True))
        self.assertEqual(self.tokens.judged(token(scope=["email"])), (None, True))
        self.assertEqual(self.asked, 0)

    def test_a_token_without_an_address_counts_towards_a_ban(self):
        for self.user in ({}, {"email": "kinga"}):
            with self.subTest(self.user):
                self.assertEqual(self.tokens.judged(token()), (None, True))

    def test_what_the_server_itself_does_not_accept_counts_towards_no_ban(self):
        for refused in (token(aud="another"), token(exp=time.time() - 61)):
            with self.subTest(refused):
                self.assertEqual(self.tokens.judged(refused), (None, False))
        self.user = {"email": "kinga@elsewhere.test"}
        self.assertEqual(self.tokens.judged(token()), (None, False))

    def test_an_issuer_that_does_not_answer_bans_nobody(self):
        self.status = 502
        self.assertEqual(self.tokens.judged(token()), (None, False))
        self.tokens.userinfo = None
        self.assertEqual(self.tokens.judged(token()), (None, False))

    def test_refused_tokens_beyond_the_rate_shut_their_sender_out(self):
        self.status = 401
        for _ in range(100):
            self.assertIsNone(self.logins.token(f"kinga@{DOMAIN}", token(), VISITOR))
        self.assertFalse(self.bans.is_blocked(VISITOR))
        self.logins.token("alpar", token(), VISITOR)
        self.assertTrue(self.bans.is_blocked(VISITOR))


class Asked(Answering):
    """Dovecot's checkpassword: https://cr.yp.to/checkpwd/interface.html"""

    def check(self, user, secret, service="imap"):
        """The process, and what it runs for a login that opens a mailbox: it tells whose."""
        question, say = os.pipe()
        os.write(say, f"{user}\0{secret}\0".encode())
        os.close(say)
        command = f"exec 3<&{question}; exec {sys.executable} -B {CHECKPASSWORD} sh -c 'echo $USER'"
        environment = {**os.environ, "STALWART_FAKE": self.url, "SERVICE": service, "TCPREMOTEIP": str(VISITOR)}
        try:
            return subprocess.run(
                ["bash", "-c", command],
                env=environment,
                pass_fds=[question],
                capture_output=True,
                text=True,
                timeout=5,
                check=False,
            )
        finally:
            os.close(question)

    def test_a_login_is_told_whose_mailbox_it_opens(self):
        phone = self.server.app_password("kinga")
        self.assertEqual(self.check("kinga", phone).stdout, f"kinga@{DOMAIN}\n")

    def test_imap_does_not_answer_a_revoked_or_expired_app_password_and_answers_other_refusals(self):
        made = self.server.access.make("kinga", {"description": "phone", "expiresAt": "2020-01-01T00:00:00Z"})
        revoked = made["secret"][:-1] + ("a" if made["secret"][-1] == "b" else "b")
        for secret in (made["secret"], revoked):
            with self.assertRaises(subprocess.TimeoutExpired):
                self.check("kinga", secret)
            self.assertEqual(self.check("kinga", secret, "sieve").returncode, 1)
            self.assertEqual(self.check("nobody", secret).returncode, 1)
        self.assertEqual(self.check("kinga", "wrong").returncode, 1)

    def test_dovecot_is_told_whose_mailbox_a_token_opens(self):
        self.assertEqual(self.logins.introspected(token()), {"active": "true", "address": f"kinga@{DOMAIN}"})
        self.assertEqual(self.logins.introspected(token(aud="another")), {"active": "false", "address": ""})


if __name__ == "__main__":
    unittest.main()
