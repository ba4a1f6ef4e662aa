"""What waits in the fake's queue, who is told of it and when it expires, as with the real server."""

import unittest

from delivery_harness import DAY, FRIEND, KINGA, Delivery, message


class OverQuota(Delivery):
    def setUp(self):
        super().setUp()
        self.identifier, _ = self.server.settings.found("kinga")
        self.update("Account", self.identifier, {"quotas": {"maxDiskQuota": 1000}})
        self.receive(message(size=2000))

    def test_mail_over_the_quota_is_accepted_and_waits_with_the_servers_message(self):
        self.assertEqual(self.kept(), 0)
        [waiting] = self.server.jmap.call("", "x:QueuedMessage/get", {})["list"]
        status = waiting["recipients"][KINGA]["status"]
        parts = [status[name] for name in ("responseCode", "responseEnhanced", "responseMessage", "errorMessage")]
        self.assertEqual(parts, [451, "4.3.0", "Mailbox over quota.", None])
        self.assertEqual(self.attempts(), [False])

    def test_mail_over_the_quota_is_delivered_once_there_is_room(self):
        self.update("Account", self.identifier, {"quotas": {}})
        self.assertEqual(self.attempts(), [True])
        self.assertEqual((self.kept(), self.queue.names()), (1, []))

    def test_mail_over_the_quota_is_reported_to_the_sender_outside_when_it_expires(self):
        self.age(3 * DAY + 1)
        self.assertEqual(self.attempts(), [True])
        [report] = self.queue.names()
        envelope, text = self.queue.read(report)
        self.assertEqual((envelope["from"], envelope["to"], envelope["source"]), ("", [FRIEND], "dsn"))
        self.assertIn(b"451 4.3.0 Mailbox over quota.", text)

    def test_mail_over_the_quota_causes_no_report_outside_when_reports_stay_local_and_expires_as_configured(self):
        local = {"name": "local", "expiry": {"@type": "Ttl", "expire": 30 * DAY * 1000}}
        upsert = {"@type": "upsert", "object": "MtaDeliverySchedule", "matchOn": ["name"], "value": {"local": local}}
        self.server.apply(upsert)
        self.set("MtaOutboundStrategy", {"route": {"else": "'local'", "match": {}}})
        self.age(3 * DAY + 1)
        self.assertEqual(self.attempts(), [False])
        self.assertEqual(sorted(self.attempts()), [False, True])  # the notice that it waits ends here
        self.age(30 * DAY + 1)
        self.attempts()
        self.assertEqual(self.attempts(), [True])
        self.assertEqual((self.queue.names(), self.server.metrics.counters["delivery_double_bounce"]), ([], 2))


class Waiting(Delivery):
    def told(self):
        self.attempts()
        read = [self.queue.read(name) for name in self.queue.names()]
        return [text for envelope, text in read if envelope["source"] == "dsn" and envelope["to"] == [KINGA]]

    def setUp(self):
        super().setUp()
        self.set("MtaOutboundStrategy", {"route": {"else": "'relay'", "match": {}}})
        self.receive(message(), sender=KINGA, to=FRIEND)
        self.refusing(450)

    def test_the_sender_is_told_once_when_a_message_has_waited_for_a_day(self):
        self.assertEqual(self.told(), [])
        self.age(DAY + 1)
        for _ in range(2):
            [notice] = self.told()
            self.assertIn(b"Subject: Warning: Delay in message delivery", notice)
        self.assertEqual(self.server.metrics.counters["delivery_dsn_temp_fail"], 1)

    def test_the_sender_is_told_as_often_as_the_schedule_says(self):
        intervals = {str(n): {"duration": hours * 3_600_000} for n, hours in enumerate((1, 3))}
        notify = {"@type": "Custom", "intervals": intervals}
        value = {"remote": {"name": "remote", "notify": notify}}
        self.server.apply({"@type": "upsert", "object": "MtaDeliverySchedule", "matchOn": ["name"], "value": value})
        counts = []
        for hours in (0.5, 2, 2, 4):
            self.age(hours * 3600)
            counts.append(len(self.told()))
        self.assertEqual(counts, [0, 1, 1, 2])


if __name__ == "__main__":
    unittest.main()
