"""A reply on the page: its words as they come, its figures, its playback."""
