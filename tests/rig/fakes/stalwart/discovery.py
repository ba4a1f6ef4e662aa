"""What mail programs and phones ask when somebody types an address.

From crates/common/src/network/autoconfig and crates/http/src/request.rs.
"""

import re
import urllib.parse

REDIRECTS = {"caldav": "/dav/cal", "carddav": "/dav/card"}
AUTODISCOVER = {"autodiscover", "Autodiscover", "AutoDiscover"}
PORTS = {"imap": 993, "smtp": 465, "pop3": 995}


def autoconfig(system, query):
    """Repeats the address as it was written, without escaping it, as the real server does."""
    host = system["defaultHostname"]
    address = dict(urllib.parse.parse_qsl(query)).get("emailaddress", "").lower()
    user, domain = (address, address.rpartition("@")[2]) if "@" in address else ("%EMAILADDRESS%", host)
    servers = "".join(
        f'<{tag} type="{name}"><hostname>{host}</hostname><port>{PORTS[name]}</port><socketType>SSL</socketType>'
        f"<username>{user}</username></{tag}>"
        for name, tag in (("imap", "incomingServer"), ("pop3", "incomingServer"), ("smtp", "outgoingServer"))
        if name in system["services"]
    )
    provider = f'<emailProvider id="{domain}"><displayName>{user}</displayName>{servers}</emailProvider>'
    return f'<clientConfig version="1.1">{provider}</clientConfig>'


def autodiscover(system, body):
    """None for a body that is no question of Outlook's."""
    asked = re.search(r"<EMailAddress>\s*([^<]*@[^<]*?)\s*</EMailAddress>", body, re.IGNORECASE)
    if not asked:
        return None
    protocols = "".join(
        f"<Protocol><Type>{name.upper()}</Type><Server>{system['defaultHostname']}</Server><Port>{PORTS[name]}</Port>"
        f"<LoginName>{asked[1].lower()}</LoginName><SSL>on</SSL></Protocol>"
        for name in PORTS
        if name in system["services"]
    )
    return f"<Autodiscover><Response><Account>{protocols}</Account></Response></Autodiscover>"


def discover(system, method, target, body=""):
    """Status, headers and text, or None for another path. Whatever follows the last part of a path is ignored."""
    path, _, query = target.partition("?")
    first, second, *rest = [*path.split("/")[1:], "", ""]
    xml = {"Content-Type": "application/xml; charset=utf-8"}
    if first == ".well-known" and second in REDIRECTS:
        return 307, {"Location": REDIRECTS[second]}, ""
    if (method, first, second) == ("GET", ".well-known", "jmap"):
        return 307, {"Location": "/jmap/session"}, ""
    if method == "GET" and (
        (first, second) in {("mail", "config-v1.1.xml"), (".well-known", "mail-v1.xml")}
        or (first, second, *rest[:2]) == (".well-known", "autoconfig", "mail", "config-v1.1.xml")
    ):
        return 200, xml, autoconfig(system, query)
    if (method, second.lower()) == ("POST", "autodiscover.xml") and first in AUTODISCOVER:
        text = autodiscover(system, body)
        return (400, {}, "") if text is None else (200, xml, text)
    if first == "dav" and second in {"cal", "card", "file", "pal", "itip"}:
        return 401, {"WWW-Authenticate": 'Basic realm="Stalwart Server"'}, ""
    return None
