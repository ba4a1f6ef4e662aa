"""fetchmail's configuration and process."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import unittest
from unittest import mock

import fetchmail
from credentials import Login


def read_back(quoted: str) -> str:
    """What fetchmail's lexer makes of it."""
    inner = re.fullmatch(r'"([^"]*)"', quoted)
    assert inner, quoted
    return re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), inner[1].encode()).decode()


class Configuration(unittest.TestCase):
    def test_every_password_in_fetchmails_configuration_is_read_back_unchanged(self) -> None:
        for text in ("plain", 'a "quote"', "back\\slash", "\\x41", "%s $HOME #", "ő∂🙂", " ", "@PASSWORD@", "a'b\tc"):
            self.assertEqual(read_back(fetchmail.quote(text)), text)
            self.assertRegex(fetchmail.quote(text), r'\A"[\x21-\x7e]*"\Z')

    def test_a_value_that_holds_a_placeholders_text_is_never_taken_for_a_placeholder(self) -> None:
        rc = fetchmail.configuration(
            "user @ADDRESS@ password @PASSWORD@ folder @FOLDER@", Login("@PASSWORD@", "@FOLDER@", "@PASSWORD@"), "INBOX"
        )
        values = rc.split(" ")[1::2]
        self.assertEqual([read_back(value) for value in values], ["@PASSWORD@", "@FOLDER@", "INBOX"])

    def test_a_source_has_its_own_login_and_the_mailbox_as_recipient(self) -> None:
        template = "@HOST@ @IMAP@ @USER@ @PASSWORD@ @SMTP@ @ADDRESS@"
        rc = fetchmail.configuration(
            fetchmail.for_source(template, "imap.example.net", 40001, 40002), Login("old@USER@", "p", "kinga"), "INBOX"
        )
        values = [read_back(value) for value in rc.split(" ")]
        self.assertEqual(values, ["imap.example.net", "40001", "old@USER@", "p", "127.0.0.1/40002", "kinga"])


class Running(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = os.path.join(folder.name, "home")
        self.bin = folder.name

    def run_script(self, script: str, ends: bool = False) -> tuple[int, list[str]]:
        """Runs a shell script in fetchmail's place."""
        program = os.path.join(self.bin, "fetchmail")
        lines: list[str] = []
        with open(program, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(program, 0o755)
        path = f"{self.bin}:{os.environ['PATH']}"
        with mock.patch.dict(os.environ, {"PATH": path, "SECRET_OF_THE_POD": "x", "SSL_CERT_FILE": "/ca.pem"}):
            status = fetchmail.run("the configuration", self.home, lines.append, lambda: ends, threading.Event())
        return status, lines

    def test_each_line_of_fetchmail_is_passed_on_and_the_exit_status_returned(self) -> None:
        self.assertEqual(
            self.run_script("cat >/dev/null; echo one; echo two >&2; printf ' flushed'; exit 3"),
            (3, ["one", "two", " flushed"]),
        )

    def test_fetchmails_configuration_comes_on_standard_input_and_is_in_no_argument(self) -> None:
        self.assertEqual(self.run_script('cat; echo; echo "$@"')[1][0], "the configuration")
        self.assertNotIn("the configuration", self.run_script('cat >/dev/null; echo "$@"')[1][0])

    def test_fetchmail_gets_no_more_of_the_environment_than_it_needs(self) -> None:
        lines = self.run_script("cat >/dev/null; env")[1]
        self.assertEqual([line for line in lines if "SECRET" in line], [])
        self.assertIn("SSL_CERT_FILE=/ca.pem", lines)

    def test_a_lock_from_before_a_restart_does_not_keep_fetchmail_from_starting(self) -> None:
        os.makedirs(self.home)
        with open(os.path.join(self.home, "fetchmail.pid"), "w", encoding="utf-8") as file:
            file.write("1")
        self.assertEqual(self.run_script('cat >/dev/null; test ! -e "$HOME/fetchmail.pid"')[0], 0)

    def test_fetchmail_is_ended_when_its_run_is_over(self) -> None:
        status, lines = self.run_script("cat >/dev/null; echo begun; exec sleep 600", ends=True)
        self.assertEqual((status, lines), (-15, ["begun"]))
