"""Run the trained graph node after node, in an order that is found once.

Rasa builds a dask graph for every message and twice more for its answers, copies the schema for it
and formats the whole tracker into a log line that nobody prints: a fifth of a turn.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class InOrderRunner(DaskGraphRunner):
    """Rasa's runner without dask; the nodes and what they get are the same."""

    def run(
        self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Return what the target nodes gave, by name."""
        wanted = tuple(targets or self._graph_schema.target_names)
        given = {name: (name, value) for name, value in (inputs or {}).items()}
        for name in self._order(wanted):
            if name not in given:
                needs = self._graph_schema.nodes[name].needs.values()
                given[name] = self._instantiated_nodes[name](*(given.get(n, n) for n in needs))
        return dict(given[name] for name in wanted)

    def _order(self, targets: tuple[str, ...]) -> list[str]:
        known: dict[tuple[str, ...], list[str]] = self.__dict__.setdefault("_orders", {})
        if targets not in known:
            known[targets] = []
            for target in targets:
                self._visit(target, known[targets])
        return known[targets]

    def _visit(self, name: str, order: list[str]) -> None:
        if name in order or name not in self._graph_schema.nodes:
            return  # what is no node is an input: the message, the tracker
        for need in self._graph_schema.nodes[name].needs.values():
            self._visit(need, order)
        order.append(name)
