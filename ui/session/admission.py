"""Questions as a page asks them: within the limits that the operator has set, which are none by default."""

import os
from collections.abc import Callable
from functools import partial

import streamlit as st

from providers import Request, Settings
from replies import reader
from replies.admission.limits import from_environment
from replies.admission.queue import AdmissionQueue, Batch
from replies.reply import Reply
from replies.start_barrier import StartBarrier
from ui.session import auth, resources


@st.cache_resource(show_spinner=False)
def admission_queue() -> AdmissionQueue:
    """The one queue of this process."""
    resources.environment()
    return AdmissionQueue(*from_environment(os.environ))


def batches() -> Callable[[], Batch]:
    """A factory of batches, one for each question of this user. To be got on the page; any thread may call it then."""
    return partial(admission_queue().batch, auth.key())


def question(
    settings: Settings,
    request: Request,
    *,
    api: str = "",
    barrier: StartBarrier | None = None,
    batch: Batch | None = None,
) -> Reply:
    """A reply that is asked for once it is started and admitted. `batch`: the lanes that are asked together."""
    admission = (batch or batches()()).admission(settings, request)
    return reader.question(settings, request, api=api, barrier=barrier, admission=admission)
