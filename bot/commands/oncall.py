"""``oncall``: who has the shift, who is off, and when nobody can be reached."""

from __future__ import annotations

from pathlib import Path

import click

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@click.group
def command() -> None:
    """Record who is on call; whoever is gets every page at minute 0, beside the client's worker.

    Times are the program's: the time zone of data/program/escalation.yml.
    """


@command.command
@click.argument("name")
@HOME
def test(name: str, home: Path | None) -> None:
    """Send a test page to a worker; once they tapped it, they can be put on call."""
    from bot.errors import SafError
    from bot.service.alerting import oncall
    from bot.wiring.admin import office

    with office(home) as desk:
        if not oncall.send_test(desk.s, desk.house, desk.at, desk.worker(name), "operator"):
            raise SafError(f"{name} has no phone with us to answer on; `saf worker link {name}`.")
    click.echo(f"A test page leaves as soon as `saf run` runs; it counts once {name} tapped it.")


@command.command
@click.argument("name")
@click.option("--from", "start", required=True, metavar="2026-11-23T18:00", help="Program's time.")
@click.option("--to", "end", required=True, metavar="2026-11-24T08:00", help="Program's time.")
@HOME
def add(name: str, start: str, end: str, home: Path | None) -> None:
    """Put a worker on call from a moment to another, in the program's time zone.

    Refused before they acknowledged a test page on the phone that they have now.
    """
    from bot.service.alerting import oncall
    from bot.wiring.admin import office

    with office(home) as desk:
        worker = desk.worker(name)
        starts, ends = desk.span(start, end)
        oncall.put_on(desk.s, desk.house, desk.at, worker, starts, ends)
        desk.audit("on_call_added")
    click.echo(f"{name} is on call from {start} to {end}.")


@command.command
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--on", "day", type=click.Choice(DAYS), default="monday", show_default=True, help="Hand-over."
)
@click.option("--at", "clock", default="09:00", show_default=True, help="Time of the hand-over.")
@click.option("--hours", default="", metavar="18:00-08:00", help="Only these hours of each day.")
@click.option("--starting", default="", metavar="2026-11-23", help="First hand-over (next one).")
@HOME
def rotate(
    names: tuple[str, ...], day: str, clock: str, hours: str, starting: str, home: Path | None
) -> None:
    """Let workers take turns by the week, in the order named, until the rotation is ended.

    Hand-over is by the wall clock, also when the clocks change. Several rotations may run beside
    each other: one for nights, one for weekends.
    """
    from datetime import timedelta

    from bot.errors import SafError
    from bot.service.alerting import oncall
    from bot.wiring.admin import checked_day, checked_hours, checked_time, office

    with office(home) as desk:
        today = desk.at.astimezone(desk.zone).date()
        ahead = (DAYS.index(day) - today.weekday()) % 7
        first = checked_day(starting) if starting else today + timedelta(days=ahead)
        if first.weekday() != DAYS.index(day):
            raise SafError(f"{starting} is no {day}; name another day, or another --on.")
        row = oncall.rotate(
            desk.s,
            desk.house,
            desk.at,
            [desk.worker(name) for name in names],
            first,
            checked_time(clock),
            checked_hours(hours) if hours else None,
        )
        desk.audit("rotation_added")
        said = f"Rotation {row.id}: {', '.join(names)}, from {first} {row.at} on."
    click.echo(said)


@command.command
@click.argument("number", type=int)
@HOME
def end(number: int, home: Path | None) -> None:
    """End a rotation now; its number stands in `oncall show`."""
    from bot.errors import SafError
    from bot.store.tables import RotationRow
    from bot.wiring.admin import office

    with office(home) as desk:
        row = desk.s.get(RotationRow, number)
        if row is None or row.ended_at is not None:
            raise SafError(f"There is no rotation {number}; `saf oncall show` shows them.")
        row.ended_at = desk.at
        desk.audit("rotation_ended")
    click.echo(f"Rotation {number} is ended; nobody has its turns any more.")


@command.command
@click.argument("name")
@click.option("--by", default="", metavar="NAME", help="Who has it instead; nobody without it.")
@click.option("--from", "start", required=True, metavar="2026-11-23T18:00", help="Program's time.")
@click.option("--to", "until", required=True, metavar="2026-11-24T08:00", help="Program's time.")
@HOME
def override(name: str, by: str, start: str, until: str, home: Path | None) -> None:
    """Record that a worker is off from a moment to another, and who has it instead.

    It goes over shifts and rotations; what is said last is true. Who has it is told.
    """
    from bot.errors import SafError
    from bot.service.alerting import oncall
    from bot.wiring.admin import office

    with office(home) as desk:
        off = desk.worker(name)
        instead = desk.worker(by) if by else None
        starts, ends = desk.span(start, until)
        if not oncall.has_any(desk.s, desk.zone.key, off, starts, ends):
            raise SafError(f"{name} is not on call then; `saf oncall show` shows who is.")
        oncall.override(desk.s, desk.house, desk.at, off, instead, starts, ends, "operator")
    click.echo(f"{name} is off from {start} to {until}; {by or 'nobody'} has it instead.")


@command.command
@click.option("--days", type=click.IntRange(1, 366), default=14, show_default=True)
@click.option("--week", is_flag=True, help="The next seven days.")
@HOME
def show(days: int, week: bool, home: Path | None) -> None:
    """Show who is on call now and in the days to come, and when nobody can be reached."""
    from datetime import timedelta

    from bot.service import second
    from bot.service.alerting import oncall
    from bot.store.tables import Worker
    from bot.wiring.admin import office

    with office(home) as desk:
        zone, ways = desk.zone, desk.house.channels
        until = desk.at + timedelta(days=7 if week else days)
        ahead = oncall.outlook(desk.s, zone.key, ways, desk.at, until)
        lines = [f"Times in {zone.key}."]
        rows = [(one.starts, one.ends, one.worker_id) for one in ahead.stretches]
        rows += [(one.starts, one.ends, "") for one in ahead.gaps if not one.had]
        names: dict[str, str] = {}
        for starts, ends, id_ in sorted(rows):
            who = "nobody"
            if id_:
                worker = desk.s.get_one(Worker, id_)
                who = names[id_] = desk.name(worker)
                if not second.reachable(ways, worker):
                    who += "  CANNOT BE PAGED: no phone, no second way"
                elif worker.tested_at is None:
                    who += "  never acknowledged a test page on this phone"
            here, there = starts.astimezone(zone), ends.astimezone(zone)
            lines.append(f"{here:%a %Y-%m-%d %H:%M} to {there:%a %Y-%m-%d %H:%M}  {who}")
        lines += oncall.rotations(desk.s, desk.house)
        for gap in ahead.gaps:
            why = oncall.why_unreachable(gap, names)
            lines.append(f"{oncall.when(gap, desk.at, zone.key)} nobody can be reached: {why}")
    click.echo("\n".join(lines))
