"""The editor of a show: what a scene's form keeps."""

from replies.show.show import Scene, Show
from tests.support.page import drawn, press

FIRST, SECOND = "openai|chat|a|simulator", "watsonx|chat|b|simulator"


def page(show: "Show") -> None:
    import streamlit as st

    from ui.show import editor

    editor.scenes(show, lambda changed: st.session_state.update(kept=changed))


def test_a_scene_takes_a_lane_of_another_scene() -> None:
    scenes = tuple(Scene(title=lane, page="compare", prompt="Hi", lanes=(lane,)) for lane in (FIRST, SECOND))
    app = drawn(page, Show(title="Both", scenes=scenes))
    app.multiselect[0].set_value([FIRST, SECOND])
    kept = press(app, "Save").session_state["kept"]
    assert [scene.lanes for scene in kept.scenes] == [(FIRST, SECOND), (SECOND,)]
