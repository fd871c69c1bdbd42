"""Below every adapter: one call that can be cancelled, its connection, the proxies it takes, and no key in any log."""
