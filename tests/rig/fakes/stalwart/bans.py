"""Whom the server shuts out (crates/common/src/network/security.rs), and whom it takes for the client.

The latter is in crates/http/src/request.rs.
"""

import fnmatch
import ipaddress
import re
import time


def without_mapping(address):
    ip = ipaddress.ip_address(address)
    return getattr(ip, "ipv4_mapped", None) or ip


def told_address(headers):
    """The client as a proxy tells it: `Forwarded` goes before X-Forwarded-For."""
    forwarded = re.search(r'for=[" \[]*([0-9a-f:.]+)', (headers.get("Forwarded") or "").lower())
    first = (headers.get("X-Forwarded-For") or "").split(",")[0].strip()
    for text in (forwarded.group(1) if forwarded else "", first):
        try:
            return without_mapping(text)
        except ValueError:
            continue
    return None


class Bans:
    def __init__(self, settings, now=time.time):
        self.settings, self.now = settings, now
        self.security = None  # what is in effect: as it was at the last reload
        self.allowed, self.counted, self.blocked = [], {}, {}
        self.load()

    def load(self):
        self.security = self.settings.setting("Security")
        addresses = [one["address"] for one in self.settings.all("AllowedIp")]
        self.allowed = [ipaddress.ip_network(address, strict=False) for address in addresses]

    def client(self, peer, headers):
        told = told_address(headers) if self.settings.setting("Http")["useXForwarded"] else None
        return told or without_mapping(peer)

    def is_exempt(self, ip):
        return ip.is_loopback or any(ip in network for network in self.allowed)

    def is_blocked(self, ip):
        until = self.blocked.get(ip)
        return until is not None and until > self.now() and not self.is_exempt(ip)

    def block(self, ip, kind):
        period = self.security[f"{kind}BanPeriod"]
        self.blocked[ip] = self.now() + period / 1000 if period is not None else float("inf")

    def path(self, ip, path):
        """Whether this request is one that bans its sender at once."""
        banned = any(fnmatch.fnmatch(path.lower(), glob) for glob in self.security["scanBanPaths"])
        if banned and not self.is_exempt(ip):
            self.block(ip, "scan")
        return banned and not self.is_exempt(ip)

    def failed(self, ip, login="", kind="auth"):
        """Counts a failure of an address, and of a login from whatever address; the one beyond the rate bans."""
        rate = self.security[f"{kind}BanRate"]
        if rate is None or self.is_exempt(ip):
            return
        since = self.now() - rate["period"] / 1000
        for counted in filter(None, (ip, login)):
            recent = [when for when in self.counted.get((counted, kind), []) if when > since] + [self.now()]
            self.counted[counted, kind] = recent
            if len(recent) > rate["count"]:
                self.block(ip, kind)
                return


class Endpoints:
    """Http.allowedEndpoints: an expression over path, URL and headers that tells a status."""

    def __init__(self, expression):
        self.cases = [(self.compiled(case["if"]), case["then"]) for case in expression.get("match", {}).values()]
        self.otherwise = expression["else"]

    @staticmethod
    def compiled(condition):
        python = condition.replace("&&", " and ").replace("||", " or ").replace("!matches(", "not matches(")
        return compile(python, "<allowedEndpoints>", "eval")

    def status(self, ip, path, headers):
        if ip.is_loopback:  # never shut out
            return 200
        text = "\r\n".join(f"{name.lower()}: {value}" for name, value in headers.items())
        known = {
            "path": path.split("?")[0],
            "url": path,
            "headers": text,
            "matches": lambda pattern, value: re.search(pattern, value) is not None,
            "starts_with": str.startswith,
        }
        for condition, result in self.cases:
            if eval(condition, {"__builtins__": {}}, known):  # the stack's own words, on a server that is for tests
                return int(result)
        return int(self.otherwise)
