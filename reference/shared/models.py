"""The tables: what every resource has, and the outbox with the events that Kafka does not have yet."""

from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Enum, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LONGEST_TEXT = 255


class Base(DeclarativeBase):
    """What the tables have in common."""

    type_annotation_map: ClassVar = {str: String(LONGEST_TEXT)}


class Resource(Base):
    """What a service stores. An id is never used again."""

    __abstract__ = True
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)  # the first column

    def as_json(self) -> dict[str, object]:
        """Return the resource as the API returns it; the events take their values from here, too."""
        return {column.name: getattr(self, column.name) for column in self.__table__.columns}


class OutboxEntry(Base):
    """An event to publish. Events are published in the order of their ids, which are never used again."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    event_type: Mapped[str] = mapped_column(String(50))
    key: Mapped[str]
    value: Mapped[str] = mapped_column(Text)


def values_of(enum: type[StrEnum]) -> Enum:
    """Return the type of a column that stores an enum's values; SQLAlchemy by itself stores the names."""
    return Enum(enum, native_enum=False, values_callable=lambda members: [each.value for each in members])
