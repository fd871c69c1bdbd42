"""Deployment of several processes: an image, a composition, and the proxy that keeps a browser with one of them."""
