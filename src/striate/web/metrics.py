"""The server's metrics, as Prometheus reads them at /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PICTURES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The metrics of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory and processor time, where there is /proc
        self.in_flight = Gauge(
            "striate_requests_in_flight", "Requests being received or answered", registry=self.registry
        )
        self.queue = Gauge(
            "striate_queue_pictures", "Pictures accepted and not answered yet", ["model"], registry=self.registry
        )
        self.batches = Histogram(
            "striate_batch_pictures",
            "Pictures answered at once",
            ["model"],
            buckets=_PICTURES,
            registry=self.registry,
        )
        self.rejected = Counter(
            "striate_rejected", "Requests refused because the queue was full", ["model"], registry=self.registry
        )
        self._requests = Counter("striate_requests", "Requests answered", ["route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "striate_request_seconds",
            "From a request's headers to its answer",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        # Prometheus takes longer to look up labels than to count.
        self._labelled: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request, and how long it took."""
        if (route, status) not in self._labelled:
            self._labelled[route, status] = self._requests.labels(route, status), self._seconds.labels(route)
        counter, histogram = self._labelled[route, status]
        counter.inc()
        histogram.observe(seconds)
