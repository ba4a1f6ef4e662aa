"""Whatever a server repeats of a login, nobody reads it."""

from __future__ import annotations

import base64
import html
import json
import quopri
import time
import unittest
import urllib.parse

from redact import HIDDEN, clean

ADDRESS, PASSWORD = "kinga@example.org", 'quo"te\\back pass'
LOGIN = (ADDRESS, PASSWORD)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Cleaning(unittest.TestCase):
    def hides(self, said: str, *secrets: str) -> None:
        shown = clean(said, LOGIN)
        for secret in (PASSWORD, 'quo\\"te', "back pass", "quo", ADDRESS, *secrets):
            self.assertNotIn(secret, shown)
        self.assertIn("hidden", shown)

    def test_no_password_and_no_address_is_in_a_redacted_text(self) -> None:
        said = clean("login kinga@example.org with s3cret from <other@example.net> failed", ["s3cret"])
        self.assertEqual(said, "login <address> with <hidden> from <address> failed")

    def test_a_login_that_a_server_repeats_is_redacted_as_it_was_written(self) -> None:
        self.hides(f'Error in IMAP command: LOGIN "{ADDRESS}" {PASSWORD}')
        self.hides('Error in IMAP command LOGIN "kinga@example.org" "quo\\"te\\\\back pass"')
        self.hides('Error in IMAP command login "KINGA@example.org" "QUO\\"TE\\\\BACK PASS"', "QUO")

    def test_a_login_that_is_cut_is_redacted_too(self) -> None:
        self.hides('unexpected: LOGIN "kinga@example.org" "quo\\"te\\\\ba', "te\\\\ba")

    def test_a_login_in_base64_is_redacted(self) -> None:
        plain = b64(f"\0{ADDRESS}\0{PASSWORD}")
        for token in (
            plain,
            plain.rstrip("="),
            plain[:30],
            b64(f"{ADDRESS}\0{ADDRESS}\0{PASSWORD}"),
            b64(PASSWORD),
            b64(ADDRESS),
            b64(f"user={ADDRESS}\1auth=Bearer ya29.token\1\1"),
            b64(f"n,a={ADDRESS},\1auth=Bearer ya29.token\1\1"),
        ):
            self.hides(f"BAD unknown command {token} here", token)
        self.hides(f"AUTHENTICATE PLAIN {plain}", plain)
        self.hides(f"auth xoauth2 {b64('something else')}", b64("something else"))

    def test_a_login_in_base64_is_redacted_behind_other_letters_and_in_pieces(self) -> None:
        plain = b64(f"\0{ADDRESS}\0{PASSWORD}")
        for before in ("x-", "PLAIN-", "AUTH_", "1/2/3/"):
            self.hides(f"BAD {before}{plain} here", plain)
        for cut in range(8, len(plain) - 8):
            shown = clean(f"BAD {plain[:cut]} {plain[cut:]}", LOGIN)
            self.assertEqual(shown, f"BAD {HIDDEN} {HIDDEN}", cut)
        self.hides(f"BAD user {b64(ADDRESS)[:-4]} password {b64(PASSWORD)[:-4]}", b64(PASSWORD)[:-4])
        other = "NO [AUTHENTICATIONFAILED] transaction-4f2a91c0d7b3e586 failed"
        self.assertEqual(clean(other, LOGIN), other)

    def test_a_password_is_redacted_in_a_url_in_json_in_html_and_in_quoted_printable(self) -> None:
        password = 'jel/szó+"ő 🙂&\\%4'
        quoted = urllib.parse.quote(password, safe="")
        for said in (
            quoted,
            quoted.lower(),
            urllib.parse.quote(password),
            urllib.parse.quote_plus(password),
            urllib.parse.quote(quoted, safe=""),
            "".join(f"%{byte:02X}" for byte in password.encode()),
            json.dumps(password)[1:-1],
            json.dumps(password, ensure_ascii=False)[1:-1],
            html.escape(password),
            "".join(f"&#{ord(character)};" for character in password),
            quopri.encodestring(password.encode(), quotetabs=True).decode(),
        ):
            self.assertEqual(clean(f"wrong {said}!", ["x@example.org", password]), f"wrong {HIDDEN}!", said)

    def test_a_password_that_is_cut_is_redacted_from_eight_characters_on(self) -> None:
        for password in ("correct horse/battery", "0123456789" * 30):
            for length in (8, 9, 15, len(password) - 1):
                for part in (password[:length], password[-length:]):
                    for said in (part, urllib.parse.quote(part, safe=""), part.upper()):
                        self.assertRegex(clean(f"no {said}.", ["x@example.org", password]), r"\Ano (<hidden>)+\.\Z")

    def test_a_part_of_an_address_is_not_taken_for_a_part_of_a_password(self) -> None:
        said = "cannot connect to imap.example.org:993: postmaster is unknown"
        self.assertEqual(clean(said, ["postmaster@example.org", "s3cret-word"]), said)

    def test_a_login_of_somebody_else_is_redacted_too(self) -> None:
        for login in (
            "\0somebody\0something",
            "user=somebody\1other=1",
            "n,a=somebody,\1host=mail",
            "host=mail\1auth=Bearer ya29.token\1\1",
        ):
            self.assertEqual(clean(f"BAD {b64(login)} here", LOGIN), f"BAD {HIDDEN} here")

    def test_a_short_secret_is_redacted_as_it_is_written_only_and_a_long_one_in_any_letters(self) -> None:
        self.assertEqual(clean("NO such words, no", ["no", "s3cret"]), f"NO such words, {HIDDEN}")
        self.assertEqual(clean("NO S3CRET", ["no", "s3cret"]), f"NO {HIDDEN}")

    def test_a_secret_that_holds_another_one_is_redacted_whole(self) -> None:
        self.assertEqual(clean("abcdef", ["abc", "abcdef"]), HIDDEN)

    def test_a_password_with_letters_of_other_alphabets_is_redacted_in_any_encoding(self) -> None:
        password = "jelszó őű"
        for said in (password, password.encode().decode("latin-1")):
            self.assertEqual(clean(f"wrong {said}!", ["x", password]), "wrong <hidden>!")

    def test_ordinary_words_are_not_redacted(self) -> None:
        for said in (
            "[UNAVAILABLE] Temporary authentication failure. [mail1:2026-11-28 06:59:46]",
            "LOGIN failed, too many connections",
            "452 4.3.1 disk full, see https://example.org/help/overquota",
            "the provider answered [OVERQUOTA] Quota exceeded",
        ):
            self.assertEqual(clean(said, LOGIN), said)

    def test_a_very_long_answer_is_read_to_its_limit_only_and_shows_no_part_of_a_secret(self) -> None:
        for said in ("x" * 60_000, "y" * 3_000_000, "LOGIN " + "@" * 20_000, "no " * 20_000):
            before = time.process_time()
            self.assertLessEqual(len(clean(said, LOGIN)), 200)
            self.assertLess(time.process_time() - before, 1, said[:8])
        token = b64("\0".join(("", *LOGIN)))
        for length in range(1_900, 2_010):
            filler = (b64("\0x\0" + "y" * 60) + " ") * 30
            shown = clean(filler[:length].ljust(length) + f'"{PASSWORD}" {token}', LOGIN)
            for part in ("quo", "back", token[:8]):
                self.assertNotIn(part, shown)

    def test_a_redacted_text_is_one_short_line_of_plain_characters(self) -> None:
        said = clean("  two\r\nlines\x1b[31m and ő " + "x" * 300, [])
        self.assertRegex(said, r"\A[\x20-\x7e]{1,200}\Z")
        self.assertEqual(said[:20], "two?lines?[31m and ?")
