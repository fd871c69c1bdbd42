"""Recordings: the file format of a reply, written, read and played again."""
