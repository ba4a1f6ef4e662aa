"""The metrics page, under the real one's names (crates/common/src/telemetry/metrics/prometheus.rs)."""

import collections
import resource
import threading

PATH = "/metrics/prometheus"


class Metrics:
    """A counter is there once it is above zero, and begins anew with the process."""

    def __init__(self):
        self.counters, self.lock = collections.Counter(), threading.Lock()

    def count(self, name):
        with self.lock:
            self.counters[name] += 1

    def page(self, settings):
        gauges = {
            "domain_count": len(settings.all("Domain")),
            "user_count": len(settings.accounts()),
            "server_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        series = [(name, "counter", value) for name, value in self.counters.items()]
        series += [(name, "gauge", value) for name, value in gauges.items()]
        return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, kind, value in sorted(series))

    def answer(self, settings, login):
        """A status and a text; nothing is there until the settings switch it on."""
        wanted = settings.setting("Metrics").get("prometheus") or {}
        if wanted.get("@type") != "Enabled":
            return 404, "no such page"
        if login != (wanted.get("authUsername"), (wanted.get("authSecret") or {}).get("secret")):
            return 401, "not the one who measures"
        return 200, self.page(settings)
