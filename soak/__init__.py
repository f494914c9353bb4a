"""The soak: the features again and again, under bad conditions and against a sound platform. Nothing may be red."""
