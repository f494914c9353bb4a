"""Events: what the contract says of them, what a scenario expects, and how the verdict is reached."""
