"""The forms in which the server stores values: the validators of crates/registry/src/types/string.rs and ipmask.rs."""

import ipaddress
import os
import re

CAPITALS = {("SpamRule", "name"), ("SpamDnsblServer", "name"), ("SpamTag", "tag")}
NETWORKS = {("AllowedIp", "address"), ("BlockedIp", "address")}
DOMAINS, HOSTS = {("Domain", "name")}, {("SystemSettings", "defaultHostname")}
LOCAL_PARTS = {("Account", "name")}

# What the server takes beside the public suffix list (is_valid_domain in crates/utils/src/lib.rs), …
PRIVATE = {"test", "localhost", "local", "internal", "lan", "home", "corp", "intranet", "private", "localdomain"}
# … which has rules for all that IANA has and for one more (https://publicsuffix.org/list).
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "top-level-domains.txt"), encoding="ascii") as file:
    PUBLIC = {"onion", *(name for line in file if not line.startswith("#") for name in line.split())}
UNTOUCHED = {"MemoryLookupKey", "MemoryLookupKeyValue"}


def network(text):
    """IPv6 in short form, a single address without its mask, the host's bits as they were written."""
    address, _, length = text.strip().partition("/")
    ip = ipaddress.ip_address(address.strip())
    if length and not 8 <= int(length) <= ip.max_prefixlen:
        raise ValueError(f"Invalid IP address {text!r}")
    return f"{ip}/{int(length)}" if length and int(length) != ip.max_prefixlen else str(ip)


def local_part(text):
    """Lower case, without blanks (utils::sanitize_email_local)."""
    result = re.sub(r"[ \t-\r]", "", text).lower()
    if not re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", result):
        raise ValueError("Invalid email local part")
    return result


def host(text):
    """Lower case, without blanks, below a known top-level domain (utils::sanitize_domain)."""
    result = re.sub(r"\s", "", text).lower()
    top = result.rpartition(".")[2]
    if top not in PRIVATE and (top == result or top not in PUBLIC):
        raise ValueError("Invalid domain name")
    return result


def host_or_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return host(text)
    return text


def trimmed(text):
    if text and not text.strip():
        raise ValueError("String cannot be empty")
    return text.strip()


def canonical(kind, name, value):
    """One property of an object as the server stores it."""
    key = (kind, name)
    if key == ("Account", "aliases"):
        return {n: {**alias, "name": local_part(alias["name"])} for n, alias in value.items()}
    if not isinstance(value, str) or kind in UNTOUCHED:
        return value
    if key in CAPITALS:
        return re.sub(r"\s", "", value).upper()
    if key in NETWORKS:
        return network(value)
    if key in DOMAINS:
        return host(value)
    if key in HOSTS:
        return host_or_address(value)
    if key in LOCAL_PARTS:
        return local_part(value)
    return value if name in ("@type", "secret") else trimmed(value)
