"""Address and password, as the kubelet mounts them."""

from __future__ import annotations

import os
import tempfile
import unittest

from credentials import Credentials


class Reading(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.credentials = folder.name, Credentials(folder.name)

    def write(self, **files: bytes) -> None:
        for name, content in files.items():
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(content)

    def test_a_password_is_read_as_it_is_but_for_the_line_end(self) -> None:
        self.write(address=b"kinga@example.org\n", password=b" \xc5\x91 \r\n")
        self.assertEqual(self.credentials.read(), ("kinga@example.org", " ő "))

    def test_while_one_is_missing_empty_or_no_text_there_are_none(self) -> None:
        self.write(address=b"kinga@example.org")
        self.assertIsNone(self.credentials.read())
        for password in (b"", b"\n", b"\xff"):
            self.write(password=password)
            self.assertIsNone(self.credentials.read(), password)

    def test_new_ones_are_a_change_and_missing_ones_are_not(self) -> None:
        self.write(address=b"kinga@example.org", password=b"one")
        pair = ("kinga@example.org", "one")
        self.assertFalse(self.credentials.changed(pair))
        self.write(password=b"")
        self.assertFalse(self.credentials.changed(pair))
        self.write(password=b"two")
        self.assertTrue(self.credentials.changed(pair))
