"""IBM watsonx.ai: chat and text generation, by IBM's current SDK or its older one."""
