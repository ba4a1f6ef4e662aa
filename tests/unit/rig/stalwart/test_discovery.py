"""What the fake answers to programs that look for a server."""

import ipaddress
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart"))

from bans import Endpoints
from discovery import discover
from registry import UNCHANGED

SYSTEM = UNCHANGED["SystemSettings"] | {"defaultHostname": "mail.newjoy.ro"}
QUESTION = "<Autodiscover><Request><EMailAddress>Kinga@newjoy.ro</EMailAddress></Request></Autodiscover>"


class Discovery(unittest.TestCase):
    def test_autoconfig_repeats_the_address_without_escaping_it_whatever_follows_the_path(self):
        plain = "/mail/config-v1.1.xml"
        for path in (plain, f"{plain}/x", f"/.well-known/autoconfig{plain}"):
            status, _, text = discover(SYSTEM, "GET", f"{path}?emailaddress=%3CX%3E%40newjoy.ro")
            self.assertEqual(status, 200)
            self.assertIn("<username><x>@newjoy.ro</username>", text)

    def test_autoconfig_offers_pop3_until_it_is_switched_off(self):
        self.assertIn('type="pop3"', discover(SYSTEM, "GET", "/mail/config-v1.1.xml")[2])
        told = SYSTEM | {"services": {"imap": {"cleartext": False}}}
        self.assertNotIn('type="pop3"', discover(told, "GET", "/mail/config-v1.1.xml")[2])

    def test_autodiscover_is_a_post_with_an_address_in_it(self):
        for folder in ("autodiscover", "Autodiscover", "AutoDiscover"):
            status, _, text = discover(SYSTEM, "POST", f"/{folder}/AutoDiscover.XML", QUESTION)
            self.assertEqual((status, "<LoginName>kinga@newjoy.ro</LoginName>" in text), (200, True))
        self.assertEqual(discover(SYSTEM, "POST", "/autodiscover/autodiscover.xml", "<x/>")[0], 400)
        self.assertIsNone(discover(SYSTEM, "GET", "/autodiscover/autodiscover.xml"))
        self.assertIsNone(discover(SYSTEM, "POST", "/AUTODISCOVER/autodiscover.xml", QUESTION))

    def test_well_known_paths_redirect_to_an_address_that_requires_a_password(self):
        for name, path in (("caldav", "/dav/cal"), ("carddav", "/dav/card")):
            self.assertEqual(discover(SYSTEM, "PROPFIND", f"/.well-known/{name}")[:2], (307, {"Location": path}))
            status, headers, _ = discover(SYSTEM, "PROPFIND", path)
            self.assertEqual((status, headers["WWW-Authenticate"][:5]), (401, "Basic"))
        self.assertEqual(discover(SYSTEM, "GET", "/.well-known/jmap")[:2], (307, {"Location": "/jmap/session"}))

    def test_discovery_endpoints_are_closed_by_url(self):
        endpoints = Endpoints({"match": {"0": {"if": "matches('(?i)<|%3c', url)", "then": "403"}}, "else": "200"})
        visitor = ipaddress.ip_address("203.0.113.7")
        self.assertEqual(endpoints.status(visitor, "/mail/config-v1.1.xml?emailaddress=%3Cx", {}), 403)
        self.assertEqual(endpoints.status(visitor, "/mail/config-v1.1.xml?emailaddress=x", {}), 200)


if __name__ == "__main__":
    unittest.main()
