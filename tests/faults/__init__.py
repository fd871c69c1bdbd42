"""Everything that can go wrong with a provider, in one table: `table` says what there is and what must become of it,
`matrix` tries each row with each API over real sockets, and writes docs/faults.md: `python -m tests.faults`.
"""
