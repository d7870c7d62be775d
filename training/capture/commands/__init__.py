"""``ampboard capture``. What is heavy is imported inside the commands."""

from .app import app

__all__ = ["app"]
