"""The benchmark's parts that need neither an engine nor stock Rasa."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from ruamel.yaml import YAML

from bot import content
from bot.bench import machine, project, script
from bot.bench.figures import Measured, beside, percentile
from bot.bench.measure import _checked
from bot.bench.report import render
from bot.bench.stock import Stock
from bot.commands.bench import command
from bot.errors import SafError
from bot.settings import ROOT

FLOW = content.load(ROOT / "data").flow(script.FLOW)
CHECKINS = [checkin for checkins in script.CHECKINS.values() for checkin in checkins]


def test_a_percentile_is_a_time_that_was_measured() -> None:
    seconds = [0.001 * n for n in range(100, 0, -1)]
    assert percentile(seconds, 50) == 0.05
    assert percentile(seconds, 99) == 0.099
    assert percentile([0.3], 95) == 0.3
    with pytest.raises(ValueError, match="no turn"):
        percentile([], 50)


def test_rounds_are_added_up() -> None:
    whole = Measured()
    whole.add(Measured([0.1, 0.2], 1.0))
    whole.add(Measured([0.3, 0.4], 3.0))
    figures = whole.as_json()
    assert figures["turns"] == 4 and figures["turns_per_second"] == 1.0
    assert (figures["p50_ms"], figures["p95_ms"]) == (200.0, 400.0)


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="no turn"):
        Measured().as_json()


async def test_clients_are_measured_beside_each_other() -> None:
    async def client(seconds: float) -> list[float]:
        return [seconds, seconds]

    found = await beside(client(n) for n in (1.0, 2.0))
    assert sorted(found.seconds) == [1.0, 1.0, 2.0, 2.0] and found.wall > 0


@pytest.mark.parametrize("turns", [1, 16, 17, 18, 136, 137, 800])
def test_at_least_as_many_turns_as_wanted_are_played(turns: int) -> None:
    plan = script.plan(turns)
    assert plan.turns >= turns and 1 <= plan.clients <= script.MOST_CLIENTS
    played = [line for n in range(plan.clients) for c in script.round_of(n) for line in c]
    assert len(played) * plan.rounds == plan.turns


def test_both_languages_and_every_check_in_are_played() -> None:
    played = {
        checkin for client in range(script.MOST_CLIENTS) for checkin in script.round_of(client)
    }
    assert played == set(CHECKINS)
    assert script.language(0) == "en" and script.language(1) == "es"


@pytest.mark.parametrize("checkin", CHECKINS)
def test_a_check_in_of_the_script_goes_through_the_flow_to_its_end(checkin: script.Checkin) -> None:
    step = FLOW.first
    for value in script.answers(checkin):
        assert step is not None and step.choice(value), f"{value} is no answer to {step}"
        step = FLOW.after(step, value)
    while step is not None and not step.collect:
        step = FLOW.after(step)
    assert step is None


def stock_action(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Load stock's action server as it lies in its project, beside its flow."""
    monkeypatch.chdir(folder)
    (folder / "flow.json").write_text(json.dumps(FLOW.as_json()))
    spec = importlib.util.spec_from_file_location("stock", project.OURS / "stock_actions.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ValidateCheckinForm()


def tracker(line: script.Line, slots: dict[str, Any], intent: str = "") -> Tracker:
    """Return the conversation as Rasa sends it with an action call."""
    entities = [{"entity": "choice", "value": line.tap}] if line.tap else []
    message = {"intent": {"name": intent}, "entities": entities, "text": line.text}
    events = [{"event": "user"}, {"event": "action"}]
    return Tracker("es-1", slots, message, events, False, None, {}, "action_listen")


async def test_stocks_own_actions_lead_through_the_same_check_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = stock_action(tmp_path, monkeypatch)
    assert action.name() == "validate_checkin_form"
    for checkin in CHECKINS:
        slots: dict[str, Any] = {}
        said: list[dict[str, Any]] = []
        for line in checkin:
            dispatcher = CollectingDispatcher()
            intent = "" if line.saved or not slots else "help"
            events = await action.run(dispatcher, tracker(line, slots, intent), {})
            assert bool(events) == (intent == ""), "the rules answer an interruption"
            slots |= {e["name"]: e["value"] for e in events if e["event"] == "slot"}
            said += dispatcher.messages
        assert slots["requested_slot"] is None and slots["language"] == "es"
        assert str(said[-1]["response"]).startswith("utter_checkin_")


async def test_what_stocks_actions_cannot_place_is_asked_again_and_then_unclear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = stock_action(tmp_path, monkeypatch)
    slots: dict[str, Any] = {"requested_slot": "checkin_day", "asked_again": False}
    for expected in (None, "unclear"):
        events = await action.run(
            CollectingDispatcher(), tracker(script.Line("purple"), slots, "tells"), {}
        )
        slots |= {e["name"]: e["value"] for e in events if e["event"] == "slot"}
        assert slots.get("checkin_day") == expected
    assert slots["requested_slot"] == "checkin_safe_tonight"


def test_stock_trains_rasas_default_with_fewer_epochs() -> None:
    config = project.fewer_epochs("- name: DIETClassifier\n  epochs: 100\n- name: TEDPolicy\n")
    assert config == f"- name: DIETClassifier\n  epochs: {project.EPOCHS}\n- name: TEDPolicy\n"
    with pytest.raises(SafError, match="no component has epochs"):
        project.fewer_epochs("pipeline: []")


def test_what_the_texts_name_is_a_slot_of_stocks_domain(tmp_path: Path) -> None:
    domain = tmp_path / "domain.yml"
    domain.write_text("version: '3.1'\nslots:\n  language:\n    type: text\n")
    project.add_facts(domain)
    slots = YAML(typ="safe").load(domain)["slots"]
    assert slots["worker"]["initial_value"] == "Ben"
    assert set(slots) == {"language", *project.FACTS}


def test_a_stock_project_is_trained_anew_when_a_file_of_it_changed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text("one")
    before = project.digest(tmp_path)
    assert project.digest(tmp_path) == before
    (tmp_path / "data" / "nlu.yml").write_text("two")
    assert project.digest(tmp_path) != before


def test_a_step_that_fails_is_one_sentence_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    with pytest.raises(SafError, match=r"could not be made \(no such intent\)"):
        project._run(["/bin/sh", "-c", "echo no such intent; exit 1"], tmp_path, log, print)


async def test_a_stock_rasa_that_says_nothing_is_asked_again_and_then_given_up(
    tmp_path: Path,
) -> None:
    answers = [httpx.Response(200, json=[]), httpx.Response(502), httpx.Response(200, json=["hi"])]

    def answer(request: httpx.Request) -> httpx.Response:
        if not answers:
            raise httpx.ConnectError("it has ended")
        return answers.pop(0)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        them = Stock(tmp_path, http, "http://127.0.0.1:9", server_pid=0, actions_pid=0)
        await them.say("en-1", script.Line("hola"))
        assert them.tried_again == 2
        with pytest.raises(SafError, match="did not answer"):
            await them.say("en-1", script.Line(tap="good"))


def test_a_side_that_went_another_way_is_not_compared() -> None:
    assert _checked("We", 96, 100) == {"answers_saved": 96, "answers_expected": 100}
    with pytest.raises(SafError, match="We saved 60 answers instead of 100"):
        _checked("We", 60, 100)


def test_a_folder_is_weighed_without_what_is_not_its_own(tmp_path: Path) -> None:
    for name in ("lib", "project", "project.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"0" * machine.MEGABYTE)
    assert machine.folder_mb(tmp_path) == 3
    assert machine.folder_mb(tmp_path, without="project") == 1


def test_memory_is_that_of_a_living_process() -> None:
    assert machine.resident_mb(None) is None
    assert "cores" in machine.kind()


SIDE = {
    "turns": 800,
    "turns_per_second": 100.0,
    "p50_ms": 10.1,
    "p95_ms": 20.2,
    "p99_ms": 30.3,
    "tried_again": 0,
    "alone_p50_ms": 5.5,
    "history": [
        {"past_check_ins": 1, "p50_ms": 7.0},
        {"past_check_ins": 200, "p50_ms": 7.1},
    ],
    "start_seconds": 9.0,
    "environment_mb": 600,
    "answers_saved": 500,
    "answers_expected": 500,
}
FIGURES = {
    "machine": "2 cores (Some Processor)",
    "clients": 16,
    "ours": {**SIDE, "engine_mb": 222, "service_mb": None},
    "engine_alone": SIDE,
}
STOCK = {**SIDE, "turns_per_second": 18.0, "server_mb": 1200, "actions_mb": 80}


def test_the_table_shows_both_sides_and_the_ratio() -> None:
    more = {"stock": STOCK, "ratio": 5.6, "engine_ratio": 7.0, "target": 5.0}
    lines = render({**FIGURES, **more}).splitlines()
    rate = next(line for line in lines if line.startswith("turns a second"))
    assert rate.split()[-2:] == ["100.0", "18.0"]
    memory = next(line for line in lines if line.startswith("resident memory, service"))
    assert memory.split()[-2:] == ["-", "80"]
    assert "after 1 and after 200 check-ins, ours: 7.0 and 7.1 ms" in "\n".join(lines)
    assert "5.6 (reached) in whole turns, 7.0 (reached) for the engine alone" in lines[-1]
    slow = render({**FIGURES, **more, "ratio": 4.9})
    assert "4.9 (NOT reached) in whole turns, 7.0 (reached)" in slow


def test_the_table_without_stock_has_no_ratio() -> None:
    table = render(FIGURES)
    assert "stock Rasa" not in table and "Ours / stock" not in table
    crowded = {**FIGURES, "ours": {**SIDE, "tried_again": 3, "engine_mb": 1, "service_mb": 1}}
    assert "too late for some turns" in render(crowded)


def test_no_turns_is_a_mistake_of_the_command_line() -> None:
    done = CliRunner().invoke(command, ["--turns", "0"])
    assert done.exit_code == 2 and "--turns" in done.output
