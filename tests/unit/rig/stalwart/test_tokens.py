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
from settings import Refused
from signatures import encoded_hash
from tokens import Tokens

CHECKPASSWORD = os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart/checkpassword")
VISITOR = ipaddress.ip_address("203.0.113.7")


# A key of two Mersenne primes: nothing has to be searched for.
P, Q = 2**521 - 1, 2**607 - 1
EXPONENT, SIZE = 65537, (P * Q).bit_length() // 8


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


KEY = {"kid": "one", "n": encoded((P * Q).to_bytes(SIZE, "big")), "e": encoded(EXPONENT.to_bytes(3, "big"))}


def token(header=None, **claims):
    usual = {"iss": "https://auth.test", "aud": ["webmail", "https://auth.test"], "scope": "openid email"}
    usual["exp"] = time.time() + 60
    text = f"{encoded({'alg': 'RS256', 'kid': 'one', **(header or {})})}.{encoded({**usual, **claims})}"
    signature = pow(encoded_hash(text, SIZE), pow(EXPONENT, -1, (P - 1) * (Q - 1)), P * Q)
    return f"{text}.{encoded(signature.to_bytes(SIZE, 'big'))}"


class Answering(unittest.TestCase):
    """An issuer, and the fake's own address for Dovecot's questions, on one port."""

    def setUp(self):
        self.server = FakeStalwart(self)
        self.server.declare("kinga")
        self.status, self.user, self.asked, self.documents = 200, {"email": f"kinga@{DOMAIN}"}, 0, {}
        test = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                test.asked += 1
                self.answer(test.status, test.documents.get(self.path, test.user))

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
        self.tokens.userinfo, self.tokens.keys = f"{self.url}/userinfo", [KEY]
        self.tokens.document = {"issuer": "https://auth.test"}
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

    def test_a_forged_token_counts_towards_no_ban_and_the_issuer_is_not_asked(self):
        self.status = 401
        head, payload, signature = token().split(".")
        claims = json.loads(base64.urlsafe_b64decode(f"{payload}=="))
        for forged in (
            f"{head}.{payload}.{signature[:-8]}AAAAAAAA",
            f"{head}.{encoded({**claims, 'aud': 'webmail'})}.{signature}",
            f"{encoded({'alg': 'none'})}.{payload}.",
            token({"kid": "another"}),
            token(iss="https://elsewhere.test"),
        ):
            with self.subTest(forged):
                self.assertEqual(self.tokens.judged(forged), (None, False))
        self.assertEqual(self.asked, 0)

    def test_a_token_that_names_no_key_is_tried_with_all(self):
        self.tokens.keys = [{**KEY, "kid": "old", "n": encoded(P.to_bytes(66, "big"))}, KEY]
        self.assertEqual(self.tokens.judged(token()), ("kinga", False))
        nameless = [{part: KEY[part] for part in ("n", "e")}]
        self.tokens.keys = nameless
        self.assertEqual(self.tokens.judged(token()), (None, False))

    def test_an_issuer_that_calls_itself_otherwise_or_has_no_keys_is_refused(self):
        directory = self.server.settings.registry.create("Directory", {"@type": "Oidc", "issuerUrl": self.url})
        self.server.apply({"@type": "update", "object": "Authentication", "value": {"directoryId": directory}})
        document = {"issuer": f"{self.url}/", "userinfo_endpoint": "here", "jwks_uri": f"{self.url}/keys"}
        self.documents = {"/.well-known/openid-configuration": document, "/keys": {"keys": [KEY]}}
        self.tokens.discover()
        self.assertEqual((self.tokens.userinfo, self.tokens.keys), ("here", [KEY]))
        for wrong, why in (({"issuer": "https://auth.test"}, "Issuer mismatch"), ({"jwks_uri": self.url}, "keys")):
            self.documents["/.well-known/openid-configuration"] = {**document, **wrong}
            with self.subTest(why), self.assertRaisesRegex(Refused, why):
                self.tokens.discover()

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
        here = f"{VISITOR}:40000"
        self.assertEqual(self.logins.introspected(token(), here), {"active": "true", "address": f"kinga@{DOMAIN}"})
        self.assertEqual(self.logins.introspected(token(aud="another"), here), {"active": "false", "address": ""})

    def test_a_token_that_the_issuer_refuses_over_imap_counts_towards_a_ban_of_who_sent_it(self):
        self.status = 401
        for address, told in ((VISITOR, f"{VISITOR}:40000"), (ipaddress.ip_address("fd00::7"), "[fd00::7]:40000")):
            with self.subTest(told):
                for _ in range(100):
                    self.logins.introspected(token(), told)
                self.assertFalse(self.bans.is_blocked(address))
                self.logins.introspected(token(), told)
                self.assertTrue(self.bans.is_blocked(address))


if __name__ == "__main__":
    unittest.main()
