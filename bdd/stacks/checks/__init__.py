"""The checks of the doctor: the class, and the checks that several stacks share."""
