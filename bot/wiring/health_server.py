"""What can be asked from outside about a running service: /healthz and /metrics, on loopback only.

Counts and durations: nobody's name, id, chat or word ever stands here.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import sqlalchemy as sa
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.base import ChannelUnusable
from bot.core.alerts import AlertState
from bot.service import vitals
from bot.service.house import House, in_thread
from bot.service.vitals import Vitals
from bot.wiring.dialogue import Server
from bot.wiring.self_watch import SelfWatch

HOST = "127.0.0.1"


class Health:
    """Answers how the service is; ``watch``: the self-check, where this process has one."""

    def __init__(self, house: House, watch: SelfWatch | None) -> None:
        """Prepare both answers."""
        self._house, self._watch = house, watch
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self.app = Starlette(
            routes=[Route("/healthz", self.healthz), Route("/metrics", self.metrics)]
        )

    async def healthz(self, request: Request) -> Response:
        """Return 200 when all is well, else 503; the reasons are names and counts."""
        try:
            reasons = (await in_thread(self._look)).reasons
        except sa.exc.SQLAlchemyError:
            reasons = {"database": 1}
        if self._watch is not None and self._watch.broken:
            reasons = {**reasons, "self_check": 1}
        body = {"ok": not reasons, "reasons": reasons}
        return JSONResponse(body, 503 if reasons else 200, headers={"Cache-Control": "no-store"})

    async def metrics(self, request: Request) -> Response:
        """Return the figures in Prometheus' text format."""
        text = await in_thread(generate_latest, self._registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _look(self) -> Vitals:
        with self._house.db.read() as s:
            return vitals.look(s, self._house.clock.now())

    def collect(self) -> Iterator[Metric]:
        """Yield every figure; without a database only that there is none."""
        try:
            found = self._look()
        except sa.exc.SQLAlchemyError:
            yield GaugeMetricFamily("saf_database_up", "The database answers.", value=0)
            return
        yield GaugeMetricFamily("saf_database_up", "The database answers.", value=1)
        alerts = GaugeMetricFamily("saf_alerts", "Alerts that are not closed.", labels=["state"])
        for state in AlertState:
            if state.open:
                alerts.add_metric([state.value], found.alerts[state])
        yield alerts
        for name, says, value in (
            ("inbox_unread", "Messages not read for danger for over a minute.", found.unread),
            ("inbox_oldest_unread_seconds", "Age of the oldest of them.", found.oldest_unread),
            ("outbox_waiting", "Messages that may leave now.", found.waiting),
            ("outbox_urgent_late", "Pages and safety answers a minute late.", found.urgent_late),
            ("outbox_late", "Other messages ten minutes late.", found.late),
            ("outcome_unknown", "Messages that may never have arrived, ever.", found.unknown),
        ):
            yield GaugeMetricFamily(f"saf_{name}", says, value=value)
        yield SummaryMetricFamily(
            "saf_acknowledge_seconds",
            "From an alert to its acknowledgement, alerts of the last 7 days.",
            count_value=len(found.acknowledged),
            sum_value=sum(found.acknowledged),
        )
        yield from self._self_check()

    def _self_check(self) -> Iterator[Metric]:
        if self._watch is None:
            return
        ok = 0 if self._watch.broken else 1
        yield GaugeMetricFamily("saf_self_check_ok", "The last self-check came through.", value=ok)
        if self._watch.took is not None:
            yield GaugeMetricFamily(
                "saf_self_check_seconds", "Time that it took.", value=self._watch.took
            )


@contextlib.asynccontextmanager
async def serving(house: House, watch: SelfWatch | None, port: int) -> AsyncIterator[int]:
    """Serve on loopback for as long as the block lasts; yields the port. 0: any free one.

    Raises ChannelUnusable when the port is taken.
    """
    # Named as TCP: else asyncio leaves Nagle's algorithm on, 44 ms for each answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ChannelUnusable(
            f"The health port {port} cannot be used ({error.strerror}); free it or set another "
            "SAF_HEALTH_PORT."
        ) from None
    app = Health(house, watch).app
    server = Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        listener.close()
