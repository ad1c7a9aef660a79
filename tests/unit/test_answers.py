"""Which choice an answer means."""

from __future__ import annotations

import pytest

from bot import content
from bot.core.answers import INTERRUPTIONS, Placed, Sureness, exact, fold, intent_of, place
from bot.core.flows import Choice, Step
from bot.settings import ROOT

FLOWS = content.load(ROOT / "data").flows
DAY = FLOWS["checkin"].step("day")
TONIGHT = FLOWS["checkin"].step("safe_tonight")
WORDS = Step(id="words", collect="words", longest=12)
SURE = Sureness()


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("I'm good", "good"),
        ("im good", "good"),
        ("TODO BIEN!!", "good"),
        ("No muy bien", "not_good"),
        ("2", "not_good"),
        ("2, aint been outside since tuesday", "not_good"),
        ("2) bad", "not_good"),
        ("call me", "call_me"),
        ("llámame", "call_me"),
        ("not_good", "not_good"),
    ],
)
def test_exact_words_labels_and_numbers_are_taken(said: str, value: str) -> None:
    assert exact(DAY, said) == value


@pytest.mark.parametrize(
    "said", ["", "   ", "😂", "2 people lookin for me", "7", "0", "good grief"]
)
def test_what_only_looks_like_an_answer_is_not_taken(said: str) -> None:
    assert exact(DAY, said) is None


def test_the_same_word_means_what_the_open_question_says() -> None:
    assert exact(TONIGHT, "no") == "not_safe"
    assert exact(FLOWS["checkin"].step("somebody_after"), "no") == "nobody"


def test_a_tap_wins_over_everything() -> None:
    placed = place(DAY, "stop", {"stop": 0.99}, SURE, tapped="good")
    assert placed == Placed(value="good")


def test_a_tap_on_a_value_of_another_question_is_unclear() -> None:
    assert place(DAY, "", {}, SURE, tapped="not_safe") == Placed()


def test_likeness_needs_more_evidence_for_the_calming_choice() -> None:
    almost = {"say_safe": 0.4, "say_not_safe": 0.02, "hello": 0.58}
    assert place(TONIGHT, "at my cuzs", almost, SURE) == Placed()
    danger = {"say_safe": 0.02, "say_not_safe": 0.4, "hello": 0.58}
    assert place(TONIGHT, "aint got a spot", danger, SURE) == Placed(value="not_safe")


def test_an_answer_that_fits_no_choice_is_never_the_other_one() -> None:
    assert place(DAY, "they outside my house rn", {"out_of_scope": 0.3}, SURE) == Placed()


def test_a_general_no_counts_where_one_choice_lists_no() -> None:
    assert place(TONIGHT, "nah man not for real", {"deny": 0.9}, SURE) == Placed(value="not_safe")


def test_a_long_story_is_not_squeezed_into_a_choice() -> None:
    story = "nobody ever looked at me twice but the trial is over and he took the deal"
    somebody_after = FLOWS["checkin"].step("somebody_after")
    assert place(somebody_after, story, {"say_nobody": 0.99}, SURE) == Placed()


def test_an_interruption_is_told_from_an_answer() -> None:
    placed = place(DAY, "who can see this", {"what_is_stored": 0.9}, SURE)
    assert placed == Placed(interruption="what_is_stored")


def test_asking_for_a_person_is_the_answer_where_the_question_offers_one() -> None:
    ranking = {"ask_person": 0.9}
    assert place(DAY, "can ben hit my line", ranking, SURE) == Placed(value="call_me")
    assert place(TONIGHT, "can ben hit my line", ranking, SURE).interruption == "ask_person"


def test_words_are_kept_and_cut_where_any_words_are_an_answer() -> None:
    placed = place(WORDS, "I'd go\0 to\nmy aunt's", {"greeting": 0.5}, SURE)
    assert placed == Placed(value="I'd go to my")


def test_a_clear_wish_to_stop_is_heard_where_any_words_are_an_answer() -> None:
    assert place(WORDS, "stop texting me", {"stop": 0.95}, SURE).interruption == "stop"


def test_empty_words_are_no_answer() -> None:
    assert place(WORDS, "  \n", {}, SURE) == Placed()


def test_folding_keeps_words_and_drops_the_rest() -> None:
    assert fold("  ¿Cómo ESTÁS? I'm-good… ") == "como estas im good"


def test_choices_that_ask_for_a_person_share_its_intent() -> None:
    call = Choice("talk", {}, {}, signal="contact_request")
    assert intent_of(call) == "ask_person"
    assert intent_of(Choice("safe", {}, {})) == "say_safe"
    assert "ask_person" in INTERRUPTIONS


RIDES = FLOWS["plan_coming_home"].step("rides")
REASONS = FLOWS["plan_coming_home"].reasons


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("yea to my po office", "yes"),
        ("si porfabor no tengo ni pal camion", "yes"),
        ("no tengo raite", "yes"),
        ("aint got no way 2 get there, the bus dont run", "yes"),
        ("nah my girl got me", "no"),
        ("nel mi carnal me lleva", "no"),
        ("no mi hermana me lleva", "no"),
        ("no se", None),
        ("yea nah", None),
        ("i got a ride for that", None),
        ("no quiero ride de nadie del barrio, ni loco", "no"),
        ("aint no way 2 get around wit dis monitor", "yes"),
    ],
)
def test_a_reason_beside_a_yes_or_no_does_not_hide_it(said: str, value: str | None) -> None:
    assert place(RIDES, said, {"tells": 0.9}, SURE, reasons=REASONS) == Placed(value=value)


def test_a_no_that_may_ask_for_something_is_not_taken_for_one() -> None:
    order = FLOWS["plan_threatened"].step("order")
    placed = place(order, "nah i dont have a clue how", {"tells": 0.9}, SURE, reasons=REASONS)
    assert placed == Placed()


def test_no_reason_decides_where_an_answer_is_danger() -> None:
    bed = FLOWS["plan_lost_someone"].step("bed")
    for said in ("yea but they know that house", "nah im good i think"):
        assert place(bed, said, {"tells": 0.9}, SURE, reasons=REASONS) == Placed()
    good_time = FLOWS["plan_partner_violence"].step("good_time")
    assert place(good_time, "si pero ya viene", {"tells": 0.9}, SURE, reasons=REASONS) == Placed()


def test_a_wish_to_stop_is_surer_in_a_plan_and_more_so_after_a_yes() -> None:
    def came(said: str, intent: str, sure: float) -> Placed:
        return place(RIDES, said, {intent: sure}, SURE, reasons=REASONS)

    assert came("simon ya no quiero ir a pata", "stop", 0.44).value == "yes"
    assert came("si gracias", "thanks", 0.98).value == "yes"
    assert came("ya no mas", "stop", 0.5) == Placed()
    assert came("ya no mas", "stop", 0.8).interruption == "stop"
    assert came("nah stop texting me", "stop", 0.99).interruption == "stop"
    assert came("yea call me", "ask_person", 0.97).interruption == "ask_person"


def test_a_need_that_own_words_name_is_asked_for_and_the_words_are_kept() -> None:
    where = FLOWS["plan_partner_violence"].step("where")
    said = "con mi hermana la de otra ciudad o un refujio"
    placed = place(where, said, {"tells": 0.9}, SURE, reasons=REASONS)
    assert placed.own and placed.value == said
    assert placed.asks is not None and placed.asks.need == "shelter"
    placed = place(where, "i dont wanna go to no shelter", {"tells": 0.9}, SURE, reasons=REASONS)
    assert placed.own and placed.asks is None


def test_own_words_that_surely_do_more_than_stand_in_a_plan_are_that_choice() -> None:
    cannot = Choice("cannot", {"en": "I can't", "es": "No puedo"}, {}, keep=False)
    later = Choice("later", {"en": "Later", "es": "Luego"}, {}, keep=False)
    other = Choice("other", {"en": "Another way", "es": "Otro camino"}, {})
    ride = Choice("ride", {"en": "Get rides", "es": "Que me lleven"}, {}, need="ride")
    step = Step("route", collect="route", words=True, choices=(other, cannot, later, ride))
    sure = Sureness()
    assert place(step, "i cant really change it", {"say_cannot": 0.95}, sure).value == "cannot"
    assert place(step, "somebody gotta drive me", {"say_ride": 0.6}, sure).value == "ride"
    for said, ranking in (
        ("my cousin might drive", {"say_ride": 0.3}),
        ("i cant go that way so i take the bus", {"say_cannot": 0.5, "say_other": 0.3}),
        ("leave an hour later", {"say_later": 0.95}),
        ("take the other bus", {"say_other": 0.95}),
    ):
        placed = place(step, said, ranking, sure)
        assert placed.own and placed.value == said
