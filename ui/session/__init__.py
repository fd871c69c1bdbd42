"""What a visit holds: who it is, what is kept for them, what they typed, where they are."""
