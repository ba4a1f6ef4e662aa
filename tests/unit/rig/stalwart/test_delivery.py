"""What becomes of a message after the 250, by the fake's settings, as by the real server's."""

import os
import re
import time
import unittest

from delivery_harness import DAY, FRIEND, KINGA, Delivery, message
from fake_stalwart import DOMAIN
from mail import INBOX, JUNK, TRASH

NAMES = os.path.join(os.path.dirname(__file__), "../../../e2e/support/stalwart-metrics.txt")


class SeveralDomains(Delivery):
    ELSEWHERE = "kinga@second.test"

    def setUp(self):
        super().setUp()
        self.server.declare_elsewhere("kinga", "second.test")
        self.settings = self.server.settings

    def test_mail_for_the_same_name_in_two_domains_goes_to_two_accounts(self):
        self.receive(message())
        self.receive(message(), to="Kinga@Second.test")
        for name in ("kinga", self.ELSEWHERE):
            self.assertEqual(len(list(self.mail.files(name, INBOX))), 1, name)
        self.assertEqual((self.settings.recipient("kinga@third.test"), self.queue.names()), (None, []))

    def test_each_account_has_its_own_sign_in_and_its_own_addresses(self):
        self.assertEqual(self.settings.signed_in(self.ELSEWHERE), self.ELSEWHERE)
        phone = self.server.app_password(self.ELSEWHERE)
        self.assertEqual(self.server.access.account(self.ELSEWHERE, phone), self.ELSEWHERE)
        self.assertIsNone(self.server.access.account("kinga", phone))
        self.assertEqual(self.settings.addresses(self.ELSEWHERE), [self.ELSEWHERE])
        self.assertEqual(self.settings.addresses("kinga"), [KINGA])

    def test_an_alias_in_another_domain_opens_its_owners_account(self):
        domain = next(one for one, name in self.settings.domains.items() if name == "second.test")
        identifier, _ = self.settings.found("kinga")
        self.update("Account", identifier, {"aliases": {"0": {"name": "office", "domainId": domain}}})
        self.assertEqual(self.settings.recipient("office@second.test"), "kinga")
        self.assertIsNone(self.settings.recipient(f"office@{DOMAIN}"))

    def test_expressions_know_every_domain(self):
        known = {"else": "false", "match": {"0": {"if": "is_local_domain(rcpt_domain)", "then": "true"}}}
        for address, local in ((KINGA, True), (self.ELSEWHERE, True), (FRIEND, False)):
            self.assertEqual(self.settings.evaluate(known, rcpt=address), local, address)


class Outside(Delivery):
    def test_a_permanent_refusal_is_reported_to_the_sender_at_once_and_a_temporary_one_is_tried_again(self):
        self.receive(message(), sender=KINGA, to=FRIEND)
        self.refusing(450)
        self.assertEqual(self.attempts(), [False])
        self.refusing(550)
        self.assertEqual(self.attempts(), [True])
        del self.queue.hand_on
        self.assertEqual(self.attempts(), [True])
        self.assertEqual(self.kept(INBOX), 1)


class Duplicates(Delivery):
    def test_a_message_with_the_same_ids_and_subject_as_one_in_the_folder_is_dropped(self):
        for subject in ("hello", "Re: hello", "hello"):
            self.receive(message(subject))
        self.assertEqual(self.kept(), 1)
        self.receive(message("another subject"))
        self.receive(message(identifier="2@elsewhere.test"))
        self.assertEqual(self.kept(), 3)

    def test_a_duplicate_that_the_user_filed_elsewhere_does_not_count_and_neither_does_one_without_an_id(self):
        self.receive(message())
        [path] = self.mail.files("kinga", INBOX)
        self.mail.store("kinga", message(), "Archive")
        os.unlink(path)
        self.receive(message())
        self.assertEqual(self.kept(INBOX), 1)
        for _ in range(2):
            self.receive(b"Subject: no id\r\n\r\nhello\r\n")
        self.assertEqual(self.kept(INBOX), 3)

    def test_a_duplicate_in_junk_counts(self):
        self.receive(message(), port=2525)
        self.receive(message())
        self.assertEqual((self.kept(JUNK), self.kept(INBOX)), (1, 0))


class Trash(Delivery):
    def test_the_trash_is_emptied_after_thirty_days_unless_the_settings_say_otherwise(self):
        for folder in (INBOX, TRASH, JUNK):
            self.mail.store("kinga", message(identifier=folder), folder)
        self.mail.empty_trash()
        self.assertEqual(self.kept(), 3)
        now = time.time
        self.addCleanup(setattr, time, "time", now)
        time.time = lambda: now() + 31 * DAY
        self.set("DataRetention", {"expungeTrashAfter": None})
        self.mail.empty_trash()
        self.assertEqual(self.kept(), 3)
        self.set("DataRetention", {"expungeTrashAfter": 30 * DAY * 1000})
        self.mail.empty_trash()
        self.assertEqual((self.kept(), self.kept(INBOX)), (1, 1))


class Measured(Delivery):
    def test_the_metrics_page_requires_its_login_and_has_the_real_names(self):
        login = ("prometheus", "secret")
        answer = self.server.metrics.answer
        self.assertEqual(answer(self.server.settings, login)[0], 404)
        secret = {"@type": "Value", "secret": login[1]}
        enabled = {"@type": "Enabled", "authUsername": login[0], "authSecret": secret}
        self.set("Metrics", {"prometheus": enabled})
        self.assertEqual(answer(self.server.settings, None)[0], 401)
        self.receive(message())
        self.receive(message(), to=FRIEND)
        self.refusing(450)
        self.attempts()
        status, text = answer(self.server.settings, login)
        self.assertEqual(status, 200)
        series = dict(re.findall(r"^(\w+) (\d+)$", text, re.M))
        self.assertEqual((series["message_ingest_ham"], series["queue_message_queued"]), ("1", "2"))
        with open(NAMES, encoding="utf-8") as file:
            known = {line.split()[1]: line.split()[0] for line in file if not line.startswith("#")}
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M):
            self.assertEqual(known.get(name), kind, name)
        # Two messages of one size: only the bucket that they are in counts them, and the last one never does.
        buckets = re.findall(r'^message_size_bucket\{le="(\w+)"\} (\d+)$', text, re.M)
        self.assertEqual([(bound, count) for bound, count in buckets if count != "0"], [("100", "2")])
        self.assertEqual((buckets[-1], series["message_size_count"]), (("inf", "0"), "2"))


if __name__ == "__main__":
    unittest.main()
