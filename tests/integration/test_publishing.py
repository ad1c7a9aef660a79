"""From an edit in data/ to live, and back: what is refused, and what a running service takes up."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.danger import Urgency
from bot.core.people import Language
from bot.errors import SafError
from bot.service import checkins
from bot.store import dues
from bot.store.tables import Audit, DueKind, FlowRun, RunState
from bot.wiring import health, load_triage, published, publishing
from bot.wiring.publishing import Press, Refused, publish, roll_back
from bot.wiring.watching import Watch
from tests.support.fake_engine import fake_engine
from tests.support.program import build, client
from tests.support.room import FakeSchool, edit, own_room, press

PHRASE = "en-test-kettle"
KETTLE = f"""
  - id: {PHRASE}
    signals: [immediate_threat]
    urgency: now
    owner: Pat
    review: 2027-06-01
    means: {{en: "the kettle is whistling", es: "la tetera silba"}}
    patterns: ["the kettle whistles"]
    must_match: ["the kettle whistles again"]
    must_not_match: ["the kettle is cold"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Press:
    """Pat of the program's staff, before a room of their own."""
    own_room(tmp_path)
    return press(tmp_path)


def says(press: Press, name: str = "utter_checkin_thanks") -> str:
    """Return what clients are told now."""
    return published.load_room(published.live(press.settings)).texts.say(name, Language.EN)


def reword(press: Press, words: str) -> None:
    path = press.settings.data / "responses" / "checkin.yml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r'(utter_checkin_thanks:\n  - text: ").*?"', rf'\g<1>{words}"', text, count=1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def phrases(press: Press) -> Path:
    return press.settings.data / "danger" / "phrases_en.yml"


def test_an_edit_is_live_when_it_is_published_and_not_before(desk: Press) -> None:
    before = says(desk)
    first = publish(replace(desk, note="the first"))
    assert first is not None and (first.number, first.who, first.note) == (1, "Pat", "the first")
    reword(desk, "Thank you kindly.")
    assert says(desk) == before
    assert published.unpublished(desk.settings) == ["responses/checkin.yml"]
    second = publish(desk)
    assert second is not None and second.before == 1
    assert says(desk) == "Thank you kindly." and published.unpublished(desk.settings) == []
    target, missing = roll_back(desk)
    assert (target.number, missing) == (1, []) and says(desk) == before
    assert published.unpublished(desk.settings) == ["responses/checkin.yml"]
    assert roll_back(desk, 2)[0].number == 2 and says(desk) == "Thank you kindly."


def test_what_follows_a_roll_back_goes_back_to_what_was_live(desk: Press) -> None:
    for words in ("One.", "Two.", "Three."):
        reword(desk, words)
        publish(desk)
        if words == "Two.":
            roll_back(desk)
    third = published.live_version(desk.settings.home)
    assert third is not None and (third.number, third.before) == (3, 1)
    assert roll_back(desk)[0].number == 1


def test_nothing_changed_is_no_version(desk: Press) -> None:
    assert publish(desk) is not None
    assert publish(desk) is None
    assert published.numbers(desk.settings.home) == [1]


def test_a_new_wording_needs_no_new_dialogue(tmp_path: Path) -> None:
    own_room(tmp_path)
    school = FakeSchool()
    desk = press(tmp_path, school)
    publish(desk)
    reword(desk, "Thank you kindly.")
    publish(desk)
    assert school.played == 1


def test_a_mistake_is_refused_with_its_line_and_the_old_stays(desk: Press) -> None:
    publish(desk)
    edit(desk.settings.data / "flows" / "checkin.yml", "then: all_good", "then: al_good")
    reword(desk, "Thanks for this report.")
    with pytest.raises(Refused) as refused:
        publish(desk)
    flow, word = refused.value.reasons
    assert re.search(r"checkin\.yml:\d+: there is no step `al_good`; use END or one of: ", flow)
    assert re.search(r"checkin\.yml:\d+: .*`report` is a word of offices or police", word)
    assert published.numbers(desk.settings.home) == [1]


@pytest.mark.parametrize("how", ["removed", "narrowed", "less urgent"])
def test_a_lost_danger_phrase_is_refused_by_name(desk: Press, how: str) -> None:
    path = phrases(desk)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + KETTLE, encoding="utf-8")
    publish(desk)
    kept = {
        "removed": "",
        "narrowed": KETTLE.replace("kettle whistles", "old kettle whistles"),
        "less urgent": KETTLE.replace("urgency: now", "urgency: watch"),
    }[how]
    path.write_text(whole + kept, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        publish(desk)
    [reason] = refused.value.reasons
    assert re.search(rf"phrases_en\.yml:\d+: the danger phrase {PHRASE} of version 1", reason)
    assert '"the kettle whistles again" as now; put it back' in reason
    given_up = publish(desk, frozenset({PHRASE}))
    assert given_up is not None and given_up.dropped == (PHRASE,)


def test_a_phrase_that_another_one_stands_in_for_is_not_lost(desk: Press) -> None:
    path = phrases(desk)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + KETTLE, encoding="utf-8")
    publish(desk)
    path.write_text(whole + KETTLE.replace(PHRASE, "en-test-teapot"), encoding="utf-8")
    assert publish(desk) is not None


def test_dropping_what_is_not_lost_is_refused(desk: Press) -> None:
    publish(desk)
    reword(desk, "Thank you kindly.")
    with pytest.raises(Refused, match="no such phrase is lost"):
        publish(desk, frozenset({"en-nothing"}))


def test_going_back_says_which_danger_phrases_are_missing_then(desk: Press) -> None:
    publish(desk)
    path = phrases(desk)
    path.write_text(path.read_text(encoding="utf-8") + KETTLE, encoding="utf-8")
    publish(desk)
    live = published.live(desk.settings)
    judged = load_triage(live.models, live.data).judge("the kettle whistles again")
    assert judged.urgency is Urgency.NOW
    [sentence] = roll_back(desk)[1]
    assert PHRASE in sentence and "--drop" not in sentence


def test_a_dialogue_that_fails_a_test_story_is_refused(tmp_path: Path) -> None:
    own_room(tmp_path)
    desk = press(tmp_path, FakeSchool(story="a test story goes wrong: stop is read as thanks"))
    with pytest.raises(Refused, match="stop is read as thanks"):
        publish(desk)
    assert published.live_version(desk.settings.home) is None


def test_what_was_not_examined_never_goes_live(tmp_path: Path) -> None:
    data = own_room(tmp_path)
    path = data / "responses" / "talk.yml"
    desk = press(tmp_path, FakeSchool(meanwhile=[(path, "responses: {}\n")]))
    with pytest.raises(SafError, match="changed while they were checked; publish again"):
        publish(desk)
    assert published.live_version(desk.settings.home) is None
    assert published.numbers(desk.settings.home) == []


def test_two_who_publish_at_once_are_told_to_wait(desk: Press) -> None:
    class Hasty(FakeSchool):
        def train(self, settings: object, say: object) -> None:
            publish(desk)

    with pytest.raises(SafError, match="Somebody is publishing right now"):
        publish(replace(desk, school=Hasty()))


def test_nothing_to_go_back_to_is_one_sentence(desk: Press) -> None:
    with pytest.raises(SafError, match="Nothing is published yet"):
        roll_back(desk)
    publish(desk)
    with pytest.raises(SafError, match="Version 1 is the first"):
        roll_back(desk)
    with pytest.raises(SafError, match="is live already"):
        roll_back(desk, 1)
    with pytest.raises(SafError, match="There is no published version 7 "):
        roll_back(desk, 7)


def test_a_damaged_version_is_said_and_gone_back_from(desk: Press) -> None:
    publish(desk)
    reword(desk, "Thank you kindly.")
    second = publish(desk)
    assert second is not None
    (second.data / "flows" / "checkin.yml").write_text("flows: {}\n", encoding="utf-8")
    with pytest.raises(SafError, match="version 2 is not what was published"):
        published.check_whole(second)
    assert "not what was published" in next(health.version(desk.settings)).what
    assert roll_back(desk)[0].number == 1
    with pytest.raises(SafError, match="not what was published"):
        roll_back(desk, 2)
    (published.folder(desk.settings.home) / published.LIVE).write_text("{", encoding="utf-8")
    with pytest.raises(SafError, match="cannot be read"):
        published.live(desk.settings)
    assert roll_back(desk, 1)[0].number == 1


def test_publishing_and_going_back_stand_in_the_audit(desk: Press) -> None:
    house = build(desk.settings.home).house
    publish(desk)
    reword(desk, "Thank you kindly.")
    publish(desk)
    roll_back(desk)
    with house.db.read() as s:
        did = list(s.scalars(sa.select(Audit.did).where(Audit.who == "operator")))
    assert did == ["content_published_1", "content_published_2", "content_rolled_back_to_1"]


def test_doctor_says_what_is_not_live(desk: Press) -> None:
    assert "nothing is published" in next(health.version(desk.settings)).what
    publish(desk)
    assert (
        "1 of 2027-03-01 is live, and data/ is the same" in next(health.version(desk.settings)).what
    )
    reword(desk, "Thank you kindly.")
    assert "(responses/checkin.yml)" in next(health.version(desk.settings)).what


async def test_a_running_service_takes_over_a_version_and_keeps_it_when_the_next_is_broken(
    desk: Press,
) -> None:
    publish(desk)
    said: list[str] = []
    program = build(desk.settings.home)
    program.house.content = published.load_room(published.live(desk.settings))
    watch = Watch(program.house, desk.settings, said.append)
    assert not await watch.look()
    reword(desk, "Thank you kindly.")
    assert not await watch.look(), "not published yet"
    publish(desk)
    assert await watch.look() and said == ["version 2 is live"]
    assert program.house.content.texts.say("utter_checkin_thanks", Language.EN) == (
        "Thank you kindly."
    )
    reword(desk, "Never said.")
    third = publish(desk)
    assert third is not None
    (third.data / "danger" / "phrases_en.yml").write_text("phrases: [", encoding="utf-8")
    kept = program.house.content
    assert not await watch.look() and not await watch.look()
    assert program.house.content is kept
    assert len(said) == 2 and "version 3 is not what was published" in said[-1]
    roll_back(desk)
    assert not await watch.look(), "version 2 is in use already"
    roll_back(desk, 1)
    assert await watch.look() and said[-1] == "version 1 is live"


async def test_a_talk_ends_on_the_questions_with_which_it_began(desk: Press) -> None:
    publish(desk)
    program = build(desk.settings.home)
    house = program.house
    house.content = published.load_room(published.live(desk.settings))
    watch = Watch(house, desk.settings, lambda line: None)
    async with fake_engine(house.turns) as (_, engine):
        house.engine = engine
        with house.db.write() as s:
            at, ana = program.clock.now(), s.merge(client(program))
            due = dues.put(s, DueKind.CHECKIN, ana, at, key="first")
            assert due is not None and dues.take(s, due.id)
            checkins.ask(s, house, at, ana, due)
        await program.settle()
        await program.taps("Ana", "Not good")
        assert "safe where you sleep" in program.got("Ana")[-1].text
        # The question that comes next, and its text, are taken out while Ana thinks.
        _without_somebody_after(desk.settings.data)
        publish(desk)
        assert await watch.look()
        assert "somebody_after" not in {step.id for step in house.content.flow("checkin").steps}
        await program.taps("Ana", "Safe tonight")
        assert "Is somebody after you?" in program.got("Ana")[-1].text
        await program.taps("Ana", "Nobody")
        assert "hurt" in program.got("Ana")[-1].text


def _without_somebody_after(data: Path) -> None:
    flow = data / "flows" / "checkin.yml"
    text = flow.read_text(encoding="utf-8")
    start = text.index("      - collect: somebody_after")
    text = text[:start] + text[text.index("      - collect: hurt_or_lost") :]
    flow.write_text(text.replace("unclear: somebody_after", "unclear: hurt_or_lost"), "utf-8")
    texts = data / "responses" / "checkin.yml"
    text = texts.read_text(encoding="utf-8")
    start = text.index("  utter_ask_checkin_somebody_after:")
    end = text.index("  utter_", start + 5)
    texts.write_text(text[:start] + text[end:], encoding="utf-8")
    questions = data / "danger" / "questions.yml"
    lines = questions.read_text(encoding="utf-8").splitlines(keepends=True)
    questions.write_text("".join(r for r in lines if "somebody_after" not in r), encoding="utf-8")


async def test_a_talk_whose_flow_is_gone_ends_quietly(desk: Press) -> None:
    publish(desk)
    said: list[str] = []
    program = build(desk.settings.home)
    with program.house.db.write() as s:
        ana = s.merge(client(program))
        s.add(
            FlowRun(
                client_id=ana.id,
                flow="gone_since",
                version=1,
                definition=program.house.content.flow("checkin").as_json(),
                state=RunState.PAUSED,
                step="day",
                asked_again=False,
                began_at=program.clock.now(),
                asked_at=program.clock.now(),
            )
        )
    reword(desk, "Thank you kindly.")
    watch = Watch(program.house, desk.settings, said.append)
    await watch.look()
    with program.house.db.read() as s:
        gone = s.scalars(sa.select(FlowRun).where(FlowRun.flow == "gone_since")).one()
    assert gone.state is RunState.ABANDONED


def test_who_publishes_is_who_is_logged_in() -> None:
    assert publishing.who()
