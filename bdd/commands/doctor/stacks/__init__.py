"""The checks of each kind of stack."""
