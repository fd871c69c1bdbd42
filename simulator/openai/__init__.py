"""OpenAI's chat completions and its Responses API, as the simulator speaks them."""
