"""What can go wrong with the embedded broker."""


class BrokerUnavailable(Exception):
    """The broker cannot be fetched, prepared or used on this machine; the sentence says what to do."""
