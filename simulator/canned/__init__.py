"""The simulator's ready-made answers."""
