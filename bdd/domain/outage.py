"""An outage that the run makes: the platform's database is away for a while."""

from abc import ABC, abstractmethod

TAG = "database-outage"
"""The tag of scenarios that need it; a run that cannot make one leaves them out."""


class DatabaseSwitch(ABC):
    """Takes the database away from the platform's services, and brings it back.

        switch.take_away()
        try:
            ...                 # each request is answered with 503
        finally:
            switch.bring_back()

    A subclass says how.

    Attributes:
        away: whether the database is away now.
    """

    def __init__(self) -> None:
        self.away = False

    def take_away(self) -> None:
        """Take the database away.

        Raises:
            AssertionError: it could not be taken away.
        """
        self.away = True  # first: what fails half-way is brought back too
        self._take_away()

    def bring_back(self) -> None:
        """Bring the database back if it is away.

        Raises:
            AssertionError: it could not be brought back.
        """
        if self.away:
            self._bring_back()
            self.away = False

    @abstractmethod
    def _take_away(self) -> None: ...

    @abstractmethod
    def _bring_back(self) -> None: ...
