"""Whom the fake shuts out, and whom it takes for the client."""

import ipaddress
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart"))

from bans import Bans, Endpoints
from settings import Settings

HOUR = 3600
VISITOR, POD = ipaddress.ip_address("203.0.113.7"), ipaddress.ip_address("10.42.0.9")


class Shutting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = Settings(folder.name)
        self.settings.registry.save = lambda: None
        self.time = 1000.0
        self.settings.registry.update("Http", None, {"useXForwarded": True})
        self.settings.registry.create("AllowedIp", {"address": "10.0.0.0/8"})
        self.bans = Bans(self.settings, lambda: self.time)

    def test_by_default_one_get_request_bans_forever(self):
        self.assertTrue(self.bans.path(VISITOR, "/a/x.php"))
        self.time += 1e9
        self.assertTrue(self.bans.is_blocked(VISITOR))

    def test_without_paths_a_get_request_bans_no_client_once_settings_are_reloaded(self):
        self.settings.registry.update("Security", None, {"scanBanPaths": {}})
        self.assertTrue(self.bans.path(VISITOR, "/a/x.php"))
        self.bans.blocked.clear()
        self.bans.load()
        self.assertFalse(self.bans.path(VISITOR, "/a/x.php"))

    def test_failures_beyond_the_rate_ban_for_the_configured_period(self):
        self.settings.registry.update("Security", None, {"authBanPeriod": HOUR * 1000})
        self.bans.load()
        for _ in range(100):
            self.bans.failed(VISITOR)
        self.assertFalse(self.bans.is_blocked(VISITOR))
        self.bans.failed(VISITOR)
        self.assertTrue(self.bans.is_blocked(VISITOR))
        self.time += HOUR + 1
        self.assertFalse(self.bans.is_blocked(VISITOR))

    def test_failures_of_one_login_are_counted_over_all_addresses(self):
        addresses = [ipaddress.ip_address(f"203.0.113.{n}") for n in range(102)]
        for address in addresses[:100]:
            self.bans.failed(address, "kinga")
        self.bans.failed(addresses[100], "alpar")
        self.assertFalse(any(map(self.bans.is_blocked, addresses)))
        self.bans.failed(addresses[101], "kinga")
        self.assertTrue(self.bans.is_blocked(addresses[101]))

    def test_allowed_networks_and_the_server_itself_are_never_banned(self):
        for address in (POD, ipaddress.ip_address("127.0.0.1")):
            for _ in range(200):
                self.bans.failed(address)
            self.bans.path(address, "/x.php")
            self.assertFalse(self.bans.is_blocked(address))

    def test_forwarded_is_believed_before_x_forwarded_for_and_both_only_when_told_to(self):
        headers = {"Forwarded": 'for="[2001:db8::1]:4711"', "X-Forwarded-For": "203.0.113.7, 10.0.0.1"}
        self.assertEqual(str(self.bans.client("10.0.0.2", headers)), "2001:db8::1")
        del headers["Forwarded"]
        self.assertEqual(self.bans.client("10.0.0.2", headers), VISITOR)
        self.assertEqual(str(self.bans.client("::ffff:10.0.0.2", {})), "10.0.0.2")
        self.settings.registry.update("Http", None, {"useXForwarded": False})
        self.assertEqual(str(self.bans.client("10.0.0.2", headers)), "10.0.0.2")

    def test_endpoints_are_closed_by_path_and_header_but_never_to_the_server_itself(self):
        paths = "(starts_with(path, '/jmap') || starts_with(path, '/api'))"
        rule = f"matches('(?im)^authorization: basic', headers) && {paths}"
        endpoints = Endpoints({"else": "200", "match": {"0": {"if": rule, "then": "403"}}})
        login = {"X-Forwarded-For": "203.0.113.7", "Authorization": "Basic abc"}
        self.assertEqual(endpoints.status(VISITOR, "/jmap/session?x", login), 403)
        self.assertEqual(endpoints.status(VISITOR, "/dav", login), 200)
        self.assertEqual(endpoints.status(VISITOR, "/jmap", {"Authorization": "Bearer abc"}), 200)
        self.assertEqual(endpoints.status(ipaddress.ip_address("127.0.0.1"), "/jmap", login), 200)


if __name__ == "__main__":
    unittest.main()
