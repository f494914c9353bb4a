"""How a run gets a platform: one module for each kind of stack, all with the interface `Stack`."""
