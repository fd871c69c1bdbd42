"""Admission: limits on what is asked, and the queue of answers that wait for a place."""
