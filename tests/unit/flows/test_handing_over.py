"""The worker takes up a value that was judged as it came, with what the book remembers of it; anything else is judged anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from hub.flows.judge_at_once import JudgeAtOnce
from hub.flows.mark_for_judging import hand_over, read_measurement, taken_up
from hub.flows.patient_book import Books, Compiled
from hub.flows.windows import Windows
from hub.ports import JudgeMark
from hub.thresholds.book import Book, compile_book, compile_limits
from hub.thresholds.judge import judge, judge_alone
from hub.thresholds.measurement import Measurement, Patient
from hub.thresholds.plan import Band, PlanVersion, Rule

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
VALUE = Measurement("o", "spo2", AT, AT + timedelta(minutes=1), value="86.0", unit="%")


class OneBook(Books):
    """Books of patients who all have the same one."""

    def __init__(self, book: Book) -> None:
        super().__init__()
        self._book = book

    def known(self, tenant_id: int, patient_id: str) -> Compiled | None:
        return Compiled(self._book)


def book_of(red_below: int = 88) -> Book:
    bands = (Band("red", lt=Decimal(red_below)), Band("green", ge=Decimal(red_below)))
    rule = Rule("r", "absolute", "spo2", "%", bands)
    plan = PlanVersion("ebp", 1, AT - timedelta(days=1), (rule,), approved_by="gp")
    return compile_book(Patient("p", "Europe/Oslo", ()), [plan], compile_limits([]))


def mark_of(m: Measurement) -> JudgeMark:
    data = msgspec.msgpack.encode(m)
    return JudgeMark(1, m.id, m.version, "p", m.measure, AT, m.identifiers, data)


def test_what_was_handed_over_is_taken_up_and_not_judged_again() -> None:
    book, mark = book_of(), mark_of(VALUE)
    at_once = JudgeAtOnce(OneBook(book), Windows())

    assert "" == at_once(mark, VALUE, AT, 0).zone
    assert taken_up(book, mark_of(VALUE)) is VALUE
    assert book.memo["judged"][1] is judge_alone(book, taken_up(book, mark))


def test_a_green_value_hands_nothing_over() -> None:
    book, green = book_of(), msgspec.structs.replace(VALUE, value="95")
    at_once = JudgeAtOnce(OneBook(book), Windows())

    assert "green" == at_once(mark_of(green), green, AT, 0).zone
    assert taken_up(book, mark_of(green)) is not green


def test_the_judgement_is_that_of_the_input_as_it_is_stored() -> None:
    book, mark = book_of(), mark_of(VALUE)
    JudgeAtOnce(OneBook(book), Windows())(mark, VALUE, AT, 0)

    taken = judge_alone(book, taken_up(book, mark))

    assert judge(book_of(), read_measurement(mark.input)) == taken
    assert "red" == taken.zone


def test_another_input_of_the_same_name_is_read() -> None:
    book = book_of()
    hand_over(book, mark_of(VALUE), VALUE)
    other = msgspec.structs.replace(VALUE, value="95")

    assert other == taken_up(book, mark_of(other))
    assert "green" == judge_alone(book, taken_up(book, mark_of(other))).zone


def test_a_book_made_anew_judges_for_itself() -> None:
    old, new, mark = book_of(), book_of(red_below=80), mark_of(VALUE)
    JudgeAtOnce(OneBook(old), Windows())(mark, VALUE, AT, 0)

    assert taken_up(new, mark) is not VALUE
    assert "green" == judge_alone(new, taken_up(new, mark)).zone
