"""IBM watsonx.ai's chat, text generation and accounts, as the simulator speaks them."""
