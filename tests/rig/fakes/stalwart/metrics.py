"""The metrics page, under the real one's names (crates/common/src/telemetry/metrics/prometheus.rs)."""

import collections
import resource
import threading

PATH = "/metrics/prometheus"


BOUNDS = (10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)


class Metrics:
    """A counter is there once it is above zero, and begins anew with the process."""

    def __init__(self):
        self.counters, self.lock = collections.Counter(), threading.Lock()
        self.observed = collections.defaultdict(list)

    def count(self, name):
        with self.lock:
            self.counters[name] += 1

    def observe(self, name, value):
        with self.lock:
            self.observed[name].append(int(value))

    @staticmethod
    def histogram(name, values):
        """As the real one has it, of no use to histogram_quantile: no bucket counts those below it, the last none."""
        buckets = {bound: sum(low < value <= bound for value in values) for low, bound in zip((-1, *BOUNDS), BOUNDS)}
        lines = [f'{name}_bucket{{le="{bound}"}} {count}' for bound, count in {**buckets, "inf": 0}.items()]
        lines += [f"{name}_sum {sum(values)}", f"{name}_count {len(values)}"]
        return "".join(f"{line}\n" for line in (f"# TYPE {name} histogram", *lines))

    def page(self, settings):
        gauges = {
            "domain_count": len(settings.all("Domain")),
            "user_count": len(settings.accounts()),
            "server_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        series = [(name, "counter", value) for name, value in self.counters.items()]
        series += [(name, "gauge", value) for name, value in gauges.items()]
        with self.lock:
            histograms = [self.histogram(name, values) for name, values in sorted(self.observed.items())]
        return "".join(
            [*(f"# TYPE {name} {kind}\n{name} {value}\n" for name, kind, value in sorted(series)), *histograms]
        )

    def answer(self, settings, login):
        """A status and a text; nothing is there until the settings switch it on."""
        wanted = settings.setting("Metrics").get("prometheus") or {}
        if wanted.get("@type") != "Enabled":
            return 404, "no such page"
        if login != (wanted.get("authUsername"), (wanted.get("authSecret") or {}).get("secret")):
            return 401, "not the one who measures"
        return 200, self.page(settings)
