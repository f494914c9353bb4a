"""The recorder: a process of its own that reads every topic of the contract and serves what it read."""
