"""The checks of the doctor: what one is, and those that several kinds of stacks share."""
