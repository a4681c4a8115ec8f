"""What Prometheus reads at ``/metrics``; each application counts for itself."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("gridwall_requests", "Requests answered",
                                ["method", "route", "status"], registry=self.registry)
        self.seconds = Histogram("gridwall_request_seconds", "Time to answer", ["route"],
                                 buckets=_BUCKETS, registry=self.registry)
        self.reports = Counter("gridwall_reports", "Reports by outcome", ["outcome"],
                               registry=self.registry)
        self.intake = Gauge("gridwall_intake_waiting", "Reports on their way into the database",
                            registry=self.registry)
        self.overloaded = Gauge("gridwall_overloaded", "Requests refused for want of room",
                                registry=self.registry)
        self.streams = Gauge("gridwall_live_streams", "Open event streams",
                             registry=self.registry)
        self.sequence = Gauge("gridwall_event_sequence", "Last number given to an event",
                              registry=self.registry)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self.registry)


class Counting:
    """Pure ASGI middleware that counts each request under its route, never under its path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count when the answer is whole."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(scope["method"], route, status).inc()
            if route != "/live":
                self._metrics.seconds.labels(route).observe(time.perf_counter() - begun)
