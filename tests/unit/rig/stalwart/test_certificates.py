"""Whose certificates the fake trusts when it asks an issuer."""

import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

FAKE = os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart")

DISCOVER = """
import sys, types
from settings import Refused
from tokens import Tokens
tokens = Tokens(types.SimpleNamespace(directory={"issuerUrl": sys.argv[1]}))
try:
    tokens.discover()
    print(tokens.userinfo)
except Refused as reason:
    print(reason)
"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        issuer = f"https://{self.headers['Host']}"
        document = {"issuer": issuer, "userinfo_endpoint": "where users are", "jwks_uri": f"{issuer}/keys"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"keys": []} if self.path == "/keys" else document).encode())

    def log_message(self, *_):
        pass


class PrivateIssuer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.own, self.others = (self.certificate(os.path.join(folder.name, name)) for name in ("own", "others"))
        web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.own, f"{self.own}.key")
        web.socket = context.wrap_socket(web.socket, server_side=True)
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.issuer = f"https://127.0.0.1:{web.server_port}"

    def certificate(self, file):
        kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        named = ["-subj", "/CN=issuer", "-addext", "subjectAltName=IP:127.0.0.1"]
        command = ["openssl", "req", *kind, *named, "-keyout", f"{file}.key", "-out", file]
        subprocess.run(command, check=True, capture_output=True)
        return file

    def discovered(self, **trust):
        clean = {key: value for key, value in os.environ.items() if not key.startswith("SSL_CERT_")}
        env = {**clean, "PYTHONPATH": FAKE, **trust}
        command = [sys.executable, "-B", "-c", DISCOVER, self.issuer]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()

    def test_an_issuer_of_a_private_ca_is_asked_only_with_a_bundle_that_has_the_ca(self):
        self.assertEqual(self.discovered(SSL_CERT_FILE=self.own), "where users are")
        for trust in ({}, {"SSL_CERT_FILE": self.others}):
            self.assertRegex(self.discovered(**trust), "Discovery fetch failed: .*CERTIFICATE_VERIFY_FAILED")


if __name__ == "__main__":
    unittest.main()
