"""Run N times: the form, the runs in progress, their results."""
