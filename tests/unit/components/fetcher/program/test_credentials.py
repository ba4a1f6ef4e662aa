"""Address and password, as the kubelet mounts them."""

from __future__ import annotations

import os
import tempfile
import unittest

from credentials import Credentials, Login


class Reading(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.credentials = folder.name, Credentials(folder.name)

    def write(self, **files: bytes) -> None:
        for name, content in files.items():
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(content)

    def test_a_password_is_read_unchanged_but_for_the_line_end(self) -> None:
        self.write(address=b"kinga@example.org\n", password=b" \xc5\x91 \r\n")
        self.assertEqual(self.credentials.read(), ("kinga@example.org", " ő ", "kinga@example.org"))

    def test_a_missing_or_empty_or_invalid_file_gives_no_credentials(self) -> None:
        self.write(address=b"kinga@example.org")
        self.assertIsNone(self.credentials.read())
        for password in (b"", b"\n", b"\xff"):
            self.write(password=password)
            self.assertIsNone(self.credentials.read(), password)

    def test_new_credentials_are_a_change_and_missing_ones_are_not(self) -> None:
        self.write(address=b"kinga@example.org", password=b"one")
        pair = Login("kinga@example.org", "one", "kinga@example.org")
        self.assertFalse(self.credentials.changed(pair))
        self.write(password=b"")
        self.assertFalse(self.credentials.changed(pair))
        self.write(password=b"two")
        self.assertTrue(self.credentials.changed(pair))

    def test_a_source_has_a_login_of_its_own_even_when_it_is_called_password(self) -> None:
        for source in ("password", "old-gmail"):
            os.makedirs(os.path.join(self.folder, "sources", source))
            self.write(**{f"sources/{source}/user": b"old@example.net", f"sources/{source}/password": source.encode()})
        self.write(address=b"kinga@example.org", password=b"one")
        for source in ("password", "old-gmail"):
            login = Credentials(self.folder, source).read()
            self.assertEqual(login, ("old@example.net", source, "kinga@example.org"))
        self.assertEqual(self.credentials.read(), ("kinga@example.org", "one", "kinga@example.org"))

    def test_a_removed_source_has_no_login(self) -> None:
        self.write(address=b"kinga@example.org", password=b"one")
        self.assertIsNone(Credentials(self.folder, "old-gmail").read())
