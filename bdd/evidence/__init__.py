"""The evidence of failed scenarios."""
