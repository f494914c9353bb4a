"""Tests on a real container engine; left out, with the reason, where none answers."""
