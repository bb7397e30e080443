"""A shop whose errors are tracked, wired as FastAPI services usually are."""
