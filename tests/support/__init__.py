"""What the kinds of tests share: builders, fakes, processes, platforms."""
