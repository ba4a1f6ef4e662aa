"""SMTP: mail from apps and fetchers on 25 and 2525, from users with a token or an app password on 465 and 587."""

import asyncio
import base64
import collections
import ipaddress

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from bans import without_mapping
from limits import Session

READABLE = 1 << 30  # beyond every limit of the settings, which decide


class Smtp(SMTP):
    """Tokens are longer than a command line may be, and mail has longer lines than it should."""

    command_size_limit = 65536
    command_size_limits = collections.defaultdict(lambda: 65536)  # noqa: RUF012
    line_length_limit = 1 << 24

    def connection_made(self, transport):
        if self.event_handler.server.bans.is_blocked(without_mapping(transport.get_extra_info("peername")[0])):
            transport.close()
        else:
            super().connection_made(transport)


class Handler:
    def __init__(self, server, port):
        self.server, self.port = server, port
        self.settings = server.settings

    def from_trusted_network(self, session):
        peer = ipaddress.ip_address(session.peer[0].removeprefix("::ffff:"))
        return any(peer in ipaddress.ip_network(network) for network in self.settings.relaying_networks)

    def limits(self, session):
        """What this connection may do."""
        if not hasattr(session, "limits"):
            session.limits = Session(self.settings, self.server.throttles, self.port, session.peer[0])
        return session.limits

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):
        if refusal := self.limits(session).ehlo(hostname):
            return [refusal]
        session.host_name = hostname
        size = f"250-SIZE {self.limits(session).largest}"
        return [size if line.startswith("250-SIZE") else line for line in responses]

    async def handle_MAIL(self, _server, session, envelope, address, options):
        size = next((option[5:] for option in options if option.upper().startswith("SIZE=")), "0")
        if refusal := self.limits(session).mail(int(size)):
            return refusal
        account = session.auth_data if session.authenticated else None
        if self.port in (465, 587):
            if not account:
                return "503 5.5.1 You must authenticate first."
            if address.lower() not in self.settings.addresses(account):
                return "501 5.5.4 You are not allowed to send from this address."
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, _server, session, envelope, address, options):
        local = self.settings.domain_of(address)
        if refusal := self.settings.script(address):
            return refusal
        known = self.settings.recipient(address) or (local or {}).get("allowRelaying")
        if local and not known:
            return "550 5.1.2 Mailbox does not exist."
        if not local and not session.authenticated and not (self.port == 25 and self.from_trusted_network(session)):
            return "550 5.1.2 Relay not allowed."
        if refusal := self.limits(session).rcpt(envelope.mail_from, address):
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, session, envelope):
        if refusal := self.limits(session).data(envelope.original_content):
            return refusal
        store = self.server.queue.accept
        source = "authenticated" if session.authenticated else "unauthenticated"
        arguments = (envelope.mail_from, envelope.rcpt_tos, envelope.original_content, self.port, source)
        await asyncio.get_running_loop().run_in_executor(None, store, *arguments)
        return "250 2.0.0 Message queued."

    async def bearer(self, smtp, args):
        """XOAUTH2 and OAUTHBEARER say the same in two spellings."""
        text = args[1].encode() if len(args) > 1 else await smtp.challenge_auth("", encode_to_b64=False)
        if len(args) > 1:
            text = base64.b64decode(text)
        parts = text.decode().split("\x01")
        token = next((part[12:] for part in parts if part.startswith("auth=Bearer ")), "")
        user = parts[0].removeprefix("user=").removeprefix("n,a=").rstrip(",")
        login = (user, token, without_mapping(smtp.session.peer[0]))
        account = await asyncio.get_running_loop().run_in_executor(None, self.server.logins.token, *login)
        return AuthResult(success=bool(account), auth_data=account, handled=False)

    def password(self, _smtp, session, _envelope, _mechanism, data):
        """A name and an app password, or somebody's name with the administrator's."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        remote = without_mapping(session.peer[0])
        account = self.server.logins.password(data.login.decode(), data.password.decode(), remote)
        return AuthResult(success=bool(account), auth_data=account, handled=False)

    async def auth_XOAUTH2(self, smtp, args):
        return await self.bearer(smtp, args)

    async def auth_OAUTHBEARER(self, smtp, args):
        return await self.bearer(smtp, args)


def listen(loop, server, port):
    """Opens one listener."""
    handler = Handler(server, port)
    submission = port in (465, 587)
    options = {
        "data_size_limit": READABLE,
        "enable_SMTPUTF8": True,
        "hostname": "stalwart",
        "timeout": 300,
        "auth_require_tls": port == 587,
        "authenticator": handler.password,
    }
    tls = server.tls if port == 465 else None
    if port == 587:
        options.update(tls_context=server.tls, require_starttls=True)

    def factory():
        return Smtp(handler, auth_required=submission, loop=loop, **options)

    loop.run_until_complete(loop.create_server(factory, host=None, port=port, ssl=tls))
