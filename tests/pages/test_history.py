"""The history's page, without a browser: what its lines say, and what they must not."""

import pytest
from streamlit.testing.v1 import AppTest

from replies.conversation import Comparison, Round, Series
from replies.export.formats import markdown
from replies.recording.format import dump
from replies.store import Store, StoreError
from replies.verdict import Verdict
from tests.store.said import answered, asked
from tests.support.page import opened, press, said
from ui.session import persistence

PAGE = "pages/history.py"


def comparison(*models: str, blind: bool = False) -> Comparison:
    made = Comparison.of("Who?", [answered(who=asked(provider="secret", model=model)) for model in models])
    made.blind = blind
    return made


def test_a_series_says_how_many_runs_it_has(store: Store) -> None:
    store.keep(Series([Round("Who?", {0: [answered()]}) for _ in range(3)]))
    store.keep(Series([Round("And?", {0: [answered()]})]))
    told = said(opened(PAGE))
    assert " · 3 runs · m " in told
    assert " · 1 run · m " in told


def test_a_verdict_leaves_its_mark(store: Store) -> None:
    kept = comparison("a", "b")
    store.keep(kept)
    assert ":material/how_to_vote: Judged" not in said(opened(PAGE))
    store.judge(kept.id, Verdict(outcome="tie"))
    assert ":material/how_to_vote: Judged" in said(opened(PAGE))


def test_a_blind_comparison_shows_no_model_before_the_vote(store: Store) -> None:
    kept = comparison("unguessed", blind=True)
    store.keep(kept)
    told = said(opened(PAGE))
    assert ":material/visibility_off: Blind" in told
    assert "unguessed" not in told
    store.judge(kept.id, Verdict(outcome="all bad", blind=True))
    assert "unguessed" in said(opened(PAGE))


def test_answers_of_a_blind_comparison_are_no_recordings_before_the_vote(store: Store) -> None:
    """A choice of recordings names who answered."""
    hidden, open_one = comparison("a", blind=True), comparison("b")
    store.keep(hidden, open_one)
    offered = persistence.recordings("")
    assert open_one.replies[0].id in offered
    assert hidden.replies[0].id not in offered


def test_an_empty_history_says_what_it_will_hold(store: Store) -> None:
    app = opened(PAGE)  # with the recordings of the first day
    store.delete_all()
    app = app.run()
    assert app.subheader[0].value == "Nothing kept yet"
    assert {"Chat", "Compare"} <= {button.label for button in app.button}
    app.text_input[0].set_value("cricket")
    assert "Nothing was found." in said(app.run())


def test_what_can_not_be_imported_is_said_here_and_breaks_no_other_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(app: AppTest, data: bytes) -> AppTest:
        app.file_uploader(key="recordings").set_value([("race.jsonl", data, "application/jsonl")])
        return press(app, "Import")

    app = upload(opened(PAGE), b"no recording")
    assert "race" in app.error[0].value
    whole = "".join(dump([comparison("a")])).encode()
    monkeypatch.setattr(Store, "keep", failing)
    app = upload(opened(PAGE), whole)
    assert "is gone" in app.error[0].value
    app.session_state["not_imported"] = ["race.jsonl: it is gone"]  # left before it was shown
    assert not app.switch_page("pages/compare.py").run().exception


def failing(*_: object) -> None:
    raise StoreError("it is gone")


def test_a_blind_comparison_can_not_be_taken_along_before_the_vote() -> None:
    with pytest.raises(ValueError, match="Vote first"):
        markdown(comparison("a", blind=True))
