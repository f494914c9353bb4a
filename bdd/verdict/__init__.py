"""What is expected, what came, and how the verdict is reached."""
