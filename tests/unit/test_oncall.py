"""Turns of a rotation by the wall clock, and overrides over whatever was planned."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.core.hours import Span
from bot.core.oncall import Gap, Override, Rotation, Stretch, gaps, put_together

ZONE = "America/Chicago"
HERE = frozenset({"ben", "cora", "dev"})
WEEKLY = Rotation(ZONE, date(2027, 3, 1), time(9), ("ben", "cora"))
NIGHTS = Rotation(ZONE, date(2027, 3, 1), time(9), ("ben", "cora"), Span.parse("18:00-08:00"))


def at(day: int, hour: int = 0, month: int = 3) -> datetime:
    """Return a local moment of 2027."""
    return datetime(2027, month, day, hour, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def test_the_hand_over_is_at_the_very_second() -> None:
    found = put_together(WEEKLY.stretches(at(1), at(20), HERE), (), at(1), at(20))
    assert [(one.worker_id, one.starts) for one in found] == [
        ("ben", at(1, 9)),
        ("cora", at(8, 9)),
        ("ben", at(15, 9)),
    ]
    second = timedelta(seconds=1)
    assert found[0].covers(at(8, 9) - second) and not found[0].covers(at(8, 9))
    assert found[1].covers(at(8, 9))


def test_clocks_change_and_hand_over_stays_at_nine_on_the_wall() -> None:
    """On 2027-03-14 an hour is left out, on 2027-11-07 one comes twice."""
    starts, ends = WEEKLY.turn(1)
    assert ends - starts == timedelta(days=7, hours=-1)
    assert ends.astimezone(ZoneInfo(ZONE)).time() == time(9)
    starts, ends = WEEKLY.turn(35)
    assert ends - starts == timedelta(days=7, hours=1)
    assert ends.astimezone(ZoneInfo(ZONE)).time() == time(9)


def test_a_night_belongs_to_who_had_its_evening() -> None:
    found = put_together(NIGHTS.stretches(at(7), at(10), HERE), (), at(7), at(10))
    assert [(one.worker_id, one.starts, one.ends) for one in found] == [
        ("ben", at(7), at(7, 8)),
        ("ben", at(7, 18), at(8, 8)),
        ("cora", at(8, 18), at(9, 8)),
        ("cora", at(9, 18), at(10)),
    ]


def test_a_night_with_a_clock_change_ends_by_the_wall() -> None:
    (night,) = put_together(
        NIGHTS.stretches(at(13, 12), at(14, 12), HERE), (), at(13, 12), at(14, 12)
    )
    assert night.ends - night.starts == timedelta(hours=13)


def test_who_has_left_is_followed_by_the_next_and_nobodys_week_moves() -> None:
    three = Rotation(ZONE, date(2027, 3, 1), time(9), ("ben", "eli", "cora"))
    whose = [three.who(number, HERE) for number in range(4)]
    assert whose == ["ben", "cora", "cora", "ben"]
    assert three.who(0, frozenset()) is None


def test_off_tonight_dev_has_it() -> None:
    off = Override("ben", "dev", at(2, 18), at(3, 9))
    found = put_together(WEEKLY.stretches(at(1, 9), at(8, 9), HERE), [off], at(1, 9), at(8, 9))
    assert [(one.worker_id, one.starts, one.ends) for one in found] == [
        ("ben", at(1, 9), at(2, 18)),
        ("dev", at(2, 18), at(3, 9)),
        ("ben", at(3, 9), at(8, 9)),
    ]


def test_what_was_said_last_is_true() -> None:
    base = [Stretch("ben", at(1), at(2))]
    given_away = Override("ben", "dev", at(1), at(2))
    handed_on = Override("dev", "cora", at(1, 12), at(2))
    back = Override("dev", "ben", at(1), at(2))
    found = put_together(base, [given_away, handed_on], at(1), at(2))
    assert [one.worker_id for one in found] == ["dev", "cora"]
    assert put_together(base, [given_away, back], at(1), at(2)) == base


def test_off_without_anybody_is_a_gap_that_is_known() -> None:
    off = Override("ben", None, at(2, 2), at(2, 6))
    found = put_together([Stretch("ben", at(1), at(3))], [off], at(1), at(3))
    assert gaps(found, {"ben": True}, at(1), at(3)) == [Gap(at(2, 2), at(2, 6))]


def test_who_is_on_call_but_not_reachable_is_named_in_the_gap() -> None:
    found = [Stretch("ben", at(1), at(2)), Stretch("dev", at(2), at(3))]
    assert gaps(found, {"ben": True}, at(1), at(3)) == [Gap(at(2), at(3), ("dev",))]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abcn"), st.integers(0, 40)), max_size=6
    ),
    st.integers(0, 47),
)
def test_overrides_never_lose_or_double_anybody(
    said: list[tuple[str, str, int]], hour: int
) -> None:
    """At each hour one person is on call, who stands there by applying what was said in order."""
    base = [Stretch("a", at(1), at(2)), Stretch("b", at(2), at(3))]
    overrides = [
        Override(off, None if by == "n" else by, at(1) + start * HOUR, at(1) + (start + 8) * HOUR)
        for off, by, start in said
    ]
    moment = at(1) + hour * HOUR
    whose: str | None = "a" if moment < at(2) else "b"
    for one in overrides:
        if whose == one.off and one.starts <= moment < one.ends:
            whose = one.by
    found = [
        one.worker_id for one in put_together(base, overrides, at(1), at(3)) if one.covers(moment)
    ]
    assert found == ([] if whose is None else [whose])


HOUR = timedelta(hours=1)
