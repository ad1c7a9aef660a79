"""The figures as a table that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Figures = Mapping[str, Any]
Cell = Callable[[Figures], object]
WIDTHS = (46, 12, 12)
NONE = "-"


def render(figures: Figures) -> str:
    """Return the table: ours, and stock Rasa's beside it where it was measured."""
    ours, stock = figures["ours"], figures.get("stock")
    lines = [
        f"Whole check-in turns, {figures['clients']} clients at once, {ours['turns']} turns a side",
        f"on {figures['machine']}",
        "",
        _line("", "ours", "stock Rasa" if stock else ""),
    ]
    for name, cell in _rows():
        lines.append(_line(name, _shown(cell, ours), _shown(cell, stock) if stock else ""))
    engine = figures["engine_alone"]
    lines += [
        _line("resident memory, engine / stock's server, MB", *_memory(ours, stock, 0)),
        _line("resident memory, service / stock's actions, MB", *_memory(ours, stock, 1)),
        "",
        "The engine and its actions alone, nothing received, judged or kept:"
        f" {engine['turns_per_second']} turns/s, p50 {engine['p50_ms']} ms.",
    ]
    if ours["tried_again"]:
        lines.append(
            "Our engine was too late for some turns: the machine is crowded, and these figures are"
            " worse than they need be."
        )
    for past, before, after in filter(None, map(_growth, (ours, stock))):
        who = "ours" if past is ours["history"] else "stock Rasa, in one conversation"
        lines.append(
            f"A turn after {past[0]['past_check_ins']} and after {past[-1]['past_check_ins']}"
            f" check-ins, {who}: {before} and {after} ms."
        )
    if stock:
        lines += ["", _verdict(figures)]
    return "\n".join(lines)


def _rows() -> tuple[tuple[str, Cell], ...]:
    return (
        ("turns a second", lambda side: side["turns_per_second"]),
        ("p50, ms", lambda side: side["p50_ms"]),
        ("p95, ms", lambda side: side["p95_ms"]),
        ("p99, ms", lambda side: side["p99_ms"]),
        ("turns that had to be tried again", lambda side: side["tried_again"]),
        ("p50 of one client alone, ms", lambda side: side["alone_p50_ms"]),
        ("start to first reply, s", lambda side: side["start_seconds"]),
        ("environment, MB", lambda side: side["environment_mb"]),
        (
            "answers saved / expected",
            lambda side: f"{side['answers_saved']}/{side['answers_expected']}",
        ),
    )


def _memory(ours: Figures, stock: Figures | None, place: int) -> tuple[str, str]:
    mine = ours[("engine_mb", "service_mb")[place]]
    theirs = stock[("server_mb", "actions_mb")[place]] if stock else ""
    return _text(mine), _text(theirs)


def _growth(side: Figures | None) -> tuple[list[Figures], float, float] | None:
    if side is None:
        return None
    history = side["history"]
    return history, history[0]["p50_ms"], history[-1]["p50_ms"]


def _verdict(figures: Figures) -> str:
    wanted = figures["target"]
    whole, engine = (
        f"{ratio} ({'reached' if ratio >= wanted else 'NOT reached'})"
        for ratio in (figures["ratio"], figures["engine_ratio"])
    )
    return (
        f"Ours / stock, at least {wanted:g} is wanted: {whole} in whole turns,"
        f" {engine} for the engine alone."
    )


def _shown(cell: Cell, side: Figures) -> str:
    return _text(cell(side))


def _text(value: object) -> str:
    return NONE if value is None else str(value)


def _line(name: str, ours: str, stock: str) -> str:
    return f"{name:<{WIDTHS[0]}}{ours:>{WIDTHS[1]}}{stock:>{WIDTHS[2]}}".rstrip()


def render_soak(figures: dict[str, Any]) -> str:
    """Return a soak's figures, one a line, and what they come to."""
    said = [
        f"{figures['messages']} messages ({figures['danger']} danger), {figures['kills']} kills, "
        f"{figures['faults']} of {figures['calls']} calls failed, {figures['seconds']} s, "
        f"seed {figures['seed']}",
        "",
    ]
    for name, label in SOAK:
        if name in figures:
            said.append(f"{label:<62}{figures[name]:>10}")
    broken = figures["broken"]
    verdict = f"BROKEN: {', '.join(broken)}" if broken else "Nothing lost, nothing doubled: kept."
    return "\n".join([*said, "", verdict])


SOAK = (
    ("alerts", "alerts"),
    ("danger_opened", "danger messages that opened an alert"),
    ("danger_joined", "danger messages that joined one"),
    ("danger_without_alert", "danger messages without an alert"),
    ("danger_with_several", "danger messages with several"),
    ("alerts_unpaged", "alerts of which no page arrived"),
    ("first_page_p50", "first page after the client's message, median (s)"),
    ("first_page_p99", "   99th percentile (s; kills, restarts and faults included)"),
    ("client_messages", "messages that arrived at clients"),
    ("outcome_unknown", "   dropped, because nobody knows whether they arrived"),
    ("sent_again_by_rule", "   sent again, because nobody knew whether they arrived"),
    ("doubled_by_rule", "   arrived twice, by the rule for unknown outcomes"),
    ("doubled_without_reason", "   arrived twice without a reason"),
    ("lost_without_reason", "   sent and never arrived"),
    ("not_received", "messages that were never written down"),
    ("received_twice", "messages that were written down twice"),
    ("stuck_in", "messages that are stuck coming in"),
    ("stuck_out", "messages that are stuck going out"),
)
