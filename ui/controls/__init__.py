"""What a person sets: whom to ask, with which parameters; and what to take along."""
