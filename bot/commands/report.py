"""``report``: how soon somebody was there, and the counts that funders ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command
@click.option("--from", "first", metavar="DAY", help="First day, as 2027-01-01.")
@click.option("--to", "last", metavar="DAY", help="Last day, included.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
def command(first: str | None, last: str | None, as_json: bool, home: Path | None) -> None:
    """Print the program's figures of a span, the last quarter that is over if none is named.

    Of the program as a whole, never by worker: response times rank nobody. Counts for funders
    under ten are hidden, and nothing in them is about a person, a place or a day.
    """
    import json

    from bot.core.quarters import Days, last_quarter
    from bot.errors import SafError
    from bot.service.figures import figures
    from bot.wiring.admin import checked_day, office

    if (first is None) != (last is None):
        raise SafError("A span has two ends; give both --from and --to.")
    with office(home) as desk:
        if first is None or last is None:
            days = last_quarter(desk.at.astimezone(desk.zone).date())
        else:
            begin, end = checked_day(first), checked_day(last)
            if end < begin:
                raise SafError(f"{last} is before {first}; look at the days.")
            days = Days(begin, end)
        found = figures(desk.s, days, desk.zone.key)
        desk.audit("report_printed")
    click.echo(json.dumps(found, indent=2) if as_json else _table(found))


_ROWS = (
    ("response", "alerts", "alerts"),
    ("response", "acknowledged", "acknowledged"),
    ("response", "median_minutes", "minutes to acknowledge, median"),
    ("response", "p95_minutes", "minutes to acknowledge, 95th percentile"),
    ("response", "under_5_minutes_percent", "acknowledged in under 5 minutes, % of alerts"),
    ("response", "pages_a_week", "pages a week"),
    ("response", "false_pages_a_week", "false pages a week (closed as no danger)"),
    ("funders", "clients_served", "clients served"),
    ("funders", "plans_made", "safety plans made"),
    ("funders", "alerts_answered", "alerts answered"),
    ("funders", "referrals", "referrals"),
)


def _table(found: dict[str, Any]) -> str:
    lines = [f"{found['from']} to {found['to']}"]
    part = ""
    for name, key, label in _ROWS:
        if name != part:
            lines += ["", {"response": "Response", "funders": "For funders"}[name]]
            part = name
        value = found[name][key]
        lines.append(f"  {label:<46}{'-' if value is None else value:>8}")
    return "\n".join(lines)
