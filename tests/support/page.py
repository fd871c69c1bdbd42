"""Pages without a browser: opened as a new user finds them, used, and read."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import patch

from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner

from replies.conversation import Comparison
from ui.session import persistence

ROOT = Path(__file__).parents[2]
CHAT = "pages/chat.py"
FAST = "openai|chat|sim-instant|simulator"


def opened(page: str = CHAT, **query: str | list[str]) -> AppTest:
    """The page with these parameters in its address. The first run of a process imports pandas and pyarrow."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != CHAT:
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    return run(app)


def drawn(script: Callable[..., None], *args: object) -> AppTest:
    """A page of this function alone. It is run by its text: what it needs it imports itself."""
    return run(AppTest.from_function(script, default_timeout=60, args=args))


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def back(app: AppTest, **query: str | list[str]) -> AppTest:
    """What the browser's Back and Forward do: the page with these parameters in its address."""
    app.query_params.clear()
    app.query_params.update(query)
    with patch.object(local_script_runner, "RerunData", partial(RerunData, is_history_navigation=True)):
        return run(app)


def asked(app: AppTest, prompt: str) -> AppTest:
    app.chat_input[0].set_value(prompt)
    return run(app)


def press(app: AppTest, label: str) -> AppTest:
    """Click the button with this label."""
    next(button for button in app.button if button.label == label).click()
    return run(app)


def comparison(app: AppTest) -> Comparison:
    """The one that the page shows."""
    found = persistence.comparison(str(app.query_params["c"]))
    assert found is not None
    return found


def said(app: AppTest) -> str:
    """What the page says, apart from titles, alerts and labels."""
    return "\n".join(element.value for element in (*app.markdown, *app.text, *app.caption, *app.subheader))
