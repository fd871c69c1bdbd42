"""Shows on the page: their scenes, adding to them, presenting them, and the presenter's view."""
