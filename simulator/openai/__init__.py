"""OpenAI's chat completions, as the simulator speaks them."""
