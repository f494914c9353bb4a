"""Checks the service's responses against `contracts/patients.openapi.yaml`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import Node, read_document, resolved
from bdd.contracts.differences import shown
from bdd.contracts.schema import Schema
from bdd.system.paths import OPENAPI

_JSON = "application/json"


class ResponseSchemas:
    """The compiled schemas of a contract's responses.

    Raises:
        InvalidContract: the file cannot be read.
        ValueError: one of its schemas cannot be used.
    """

    def __init__(self, file: Path = OPENAPI) -> None:
        document = read_document(file, "openapi")
        self._routes = [(_pattern(path), _operations(document, item)) for path, item in document["paths"].items()]

    def violations(self, exchange: Exchange) -> list[str]:
        """Return a sentence for each way in which a response violates the contract."""
        operation = self._operation(exchange)
        if operation is None:
            return ["the contract has no such request"]
        if str(exchange.status) not in operation:
            return [f"the status is {exchange.status}, the contract has {', '.join(operation)}"]
        try:
            body = exchange.parsed()
        except (ValueError, RecursionError) as error:
            return [f"the body is not JSON ({error}): {exchange.body[:80]!r}"]
        return _of_type(exchange.content_type) + operation[str(exchange.status)].violations(body, "the body")

    def _operation(self, exchange: Exchange) -> Mapping[str, Schema] | None:
        path = exchange.path.partition("?")[0]
        found = (operations for pattern, operations in self._routes if pattern.fullmatch(path))
        return next(found, {}).get(exchange.method)


def _of_type(content_type: str) -> list[str]:
    """The media type counts; its parameters (`charset=utf-8`) do not."""
    if content_type.partition(";")[0].strip().lower() == _JSON:
        return []
    return [f"the Content-Type is {shown(content_type or None)}, the contract has {_JSON}"]


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(map(re.escape, parts)))


def _operations(document: Node, item: Node) -> dict[str, dict[str, Schema]]:
    """Method -> status -> the schema of the body."""
    operations: dict[str, Any] = {name.upper(): each for name, each in item.items() if "responses" in each}
    return {
        method: {
            status: Schema(resolved(document, response)["content"][_JSON]["schema"], document)
            for status, response in operation["responses"].items()
        }
        for method, operation in operations.items()
    }
