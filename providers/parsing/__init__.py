"""What servers send, read by one rule each: events, completions, counts, finish reasons, reasoning, refusals."""
