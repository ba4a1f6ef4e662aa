"""The forms in which the server stores values: the validators of crates/registry/src/types/string.rs and ipmask.rs."""

import ipaddress
import re

CAPITALS = {("SpamRule", "name"), ("SpamDnsblServer", "name"), ("SpamTag", "tag")}
NETWORKS = {("AllowedIp", "address"), ("BlockedIp", "address")}
HOSTS = {("Domain", "name"), ("SystemSettings", "defaultHostname")}
LOCAL_PARTS = {("Account", "name")}
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
    return re.sub(r"\s", "", text).lower()


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
    if key in HOSTS:
        return host(value)
    if key in LOCAL_PARTS:
        return local_part(value)
    return value if name in ("@type", "secret") else trimmed(value)
