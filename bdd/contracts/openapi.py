"""What the platform promises about its APIs, read from OpenAPI 3 documents: `contracts/*.openapi.yaml`."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import InvalidContract, Node, name_of, read_document, resolved
from bdd.contracts.differences import NOT_JSON, Difference, shown
from bdd.contracts.fields import Field, applying_together, fields_of, leaves
from bdd.contracts.schema import Schema

_JSON = "application/json"
_ID = "id"
_METHODS = {"get", "put", "post", "delete", "patch"}
_PARAMETER = re.compile(r"\{[^}]+\}")


class Operation(NamedTuple):
    """What the contract says of a request.

    Attributes:
        method: in capitals.
        path: as the contract has it: `/api/patients/{id}`.
        codes: the status codes of its responses; `4XX` and `default` are those of several.
        parameters: the query parameters, with all values that each may have, none where any will do.
    """

    method: str
    path: str
    codes: tuple[str, ...]
    parameters: Mapping[str, tuple[Any, ...]]

    def __str__(self) -> str:
        """The request: `PUT /api/patients/{id}`."""
        return f"{self.method} {self.path}"


class Api:
    """The contract of an API: the requests that it takes, and its responses.

        api = api_for("/api/patients", CONTRACTS / "patients.openapi.yaml")
        api.sent("POST", "/api/patients")["nachname"].required    # True

    Paths are those of the document; the names of their parameters do not count.

    Args:
        file: an OpenAPI 3 document. Only its own `#/…` references are followed.

    Raises:
        InvalidContract: the file cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._document = _with_null_as_a_type(read_document(file, "openapi"))
        try:
            self._paths = {_shape(path): path for path in self._document["paths"]}
            self._operations = {
                _shape(path): {name.upper(): each for name, each in item.items() if name in _METHODS}
                for path, item in self._document["paths"].items()
            }
            self._shared = {
                _shape(path): item.get("parameters", ()) for path, item in self._document["paths"].items()
            }
        except (LookupError, AttributeError, TypeError) as error:
            raise self._unusable("it has no paths") from error

    def __str__(self) -> str:
        """The file, as the project's documents name it if it is one of the project's own."""
        return name_of(self.file)

    def has(self, path: str) -> bool:
        """Return whether the contract has a path, be it of the document or of a request."""
        return self._found(path) is not None

    def sent(self, method: str, path: str) -> Mapping[str, Field]:
        """Return the fields of a request's body, without those that the service makes; none without such a request.

        Args:
            method: the request's, in capitals.
            path: its path in the document.
        """
        return self._sent.get((method, _shape(path)), {})

    def answered(self, path: str) -> Mapping[str, Field]:
        """Return the fields of one thing as `GET path/{id}` answers it, without its id."""
        return self._answered.get(_shape(f"{path}/{{id}}"), {})

    def filters(self, path: str) -> list[str]:
        """Return the names of the query parameters of `GET path`."""
        return list(self._parameters("GET", _shape(path)))

    def operations(self) -> list[Operation]:
        """Return all that may be requested, in the document's order."""
        return [
            Operation(method, path, tuple(map(str, operation["responses"])), self._parameters(method, shape))
            for shape, path in self._paths.items()
            for method, operation in self._operations[shape].items()
        ]

    def operation_of(self, method: str, path: str) -> str:
        """Return method and path of a request as the contract has them: `PUT /api/patients/{id}`; empty if none.

        Args:
            method: the request's.
            path: its path, without a query.
        """
        shape = self._found(path) or ""
        return f"{method} {self._paths[shape]}" if method in self._operations.get(shape, {}) else ""

    def listed(self, path: str, body: object) -> list[Any] | None:
        """Return the things in the response to `GET path`, None where it is not as the contract says.

        Args:
            path: the path of all things.
            body: the response's.
        """
        holder = self._holder(path)
        if holder:
            body = body.get(holder) if isinstance(body, dict) else None
        return body if isinstance(body, list) else None

    def message(self, method: str, path: str, status: int) -> str | None:
        """Return the one message that a response may have, None where the contract does not say it.

        Args:
            method: the request's, in capitals.
            path: its path in the document.
            status: the response's.
        """
        field = self._fields(self._response(method, path, status)).get("message")
        return field.keywords.get("const") if field else None

    def check(self, path: str) -> None:
        """See that the contract says how a thing is created, read and listed, and that its schemas can be used.

        Raises:
            InvalidContract: it does not.
        """
        one = f"{path}/{{id}}"
        try:
            if not self.sent("POST", path):
                raise self._unusable(f"POST {path} takes no JSON object")
            if not self.answered(path):
                raise self._unusable(f"GET {one} does not answer 200 with a JSON object")
            self._holder(path)
            self.filters(path)
            _ = self._schemas
        except RecursionError as error:
            raise self._unusable("a schema contains itself") from error
        except LookupError as error:
            raise self._unusable(f"{error.args[0]} is missing") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise self._unusable(str(error)) from error

    def violations(self, exchange: Exchange) -> list[Difference]:
        """Return each way in which a response violates the contract."""
        shape = self._found(exchange.path.partition("?")[0])
        operation = self._schemas.get((exchange.method, shape or ""))
        if operation is None:
            return [Difference(NO_SUCH_REQUEST, "", NO_SUCH_REQUEST)]
        status = str(exchange.status)
        known = next((each for each in (status, f"{status[0]}XX", "default") if each in operation), None)
        if known is None or exchange.status is None:
            sentence = f"the status is {exchange.status}, the contract has {', '.join(operation)}"
            return [Difference(sentence, "", _answered(exchange.status, operation))]
        if exchange.status == HTTPStatus.SERVICE_UNAVAILABLE and not exchange.in_outage:
            sentence = "the status is 503, although nothing that the service needs was kept away from it"
            return [Difference(sentence, "", f"answered with {exchange.status}")]
        schema = operation[known]
        if schema is None:
            return []
        try:
            body = exchange.parsed()
        except (ValueError, RecursionError) as error:
            return [Difference(f"the body is not JSON ({error}): {exchange.beginning[:80]!r}", "", NOT_JSON)]
        return _of_type(exchange.content_type) + schema.violations(body, "the body")

    @cached_property
    def _sent(self) -> Mapping[tuple[str, str], Mapping[str, Field]]:
        """(method, shape of the path) -> the fields of the request's body."""
        return {
            (method, shape): {name: field for name, field in self._fields(body).items() if not field.read_only}
            for shape, operations in self._operations.items()
            for method, operation in operations.items()
            if (body := resolved(self._document, operation.get("requestBody", {})))
        }

    @cached_property
    def _answered(self) -> Mapping[str, Mapping[str, Field]]:
        """Shape of the path -> the fields of the response to GET, without the id."""
        return {
            shape: {
                name: field
                for name, field in self._fields(self._response("GET", shape, 200)).items()
                if name != _ID and not field.write_only
            }
            for shape in self._operations
        }

    @cached_property
    def _schemas(self) -> Mapping[tuple[str, str], Mapping[str, Schema | None]]:
        """(method, shape of the path) -> status -> the schema of the body, None where no JSON is promised."""
        return {
            (method, shape): {
                str(status): self._compiled(resolved(self._document, response))
                for status, response in operation["responses"].items()
            }
            for shape, operations in self._operations.items()
            for method, operation in operations.items()
        }

    def _compiled(self, response: Node) -> Schema | None:
        schema = _schema_of(response)
        return None if schema is None else Schema(schema, self._document)

    def _found(self, path: str) -> str | None:
        """The shape of a path; one without parameters comes before one that would match it too."""
        shape = _shape(path)
        matching = (known for known in self._operations if _pattern(known).fullmatch(path))
        return shape if shape in self._operations else next(matching, None)

    def _operation(self, method: str, path: str) -> Node:
        found: Node = self._operations.get(_shape(path), {}).get(method, {})
        return found

    def _parameters(self, method: str, shape: str) -> Mapping[str, tuple[Any, ...]]:
        """The query parameters of a request: name -> all values that it may have."""
        own = self._operations.get(shape, {}).get(method, {}).get("parameters", ())
        parameters = [resolved(self._document, each) for each in (*self._shared.get(shape, ()), *own)]
        return {
            each["name"]: tuple(
                value for leaf in leaves(self._document, each.get("schema", {})) for value in leaf.values
            )
            for each in parameters
            if each["in"] == "query"
        }

    def _response(self, method: str, path: str, status: int) -> Node:
        responses = self._operation(method, path).get("responses", {})
        return resolved(self._document, responses.get(str(status), responses.get(status, {})))

    def _fields(self, holder: Node) -> Mapping[str, Field]:
        """The fields of the JSON object in a request's or a response's body."""
        return fields_of(self._document, _schema_of(holder) or {})

    def _holder(self, path: str) -> str | None:
        """The field of the list's response that contains the things, None where the response is the list itself."""
        response = self._response("GET", path, 200)
        schema = _schema_of(response)
        if schema is None or any(part.get("type") == "array" for part in applying_together(self._document, schema)):
            return None
        lists = [name for name, field in self._fields(response).items() if field.type == "array"]
        if len(lists) != 1:
            raise self._unusable(f"GET {path} answers neither a list nor an object with one list in it")
        return lists[0]

    def _unusable(self, why: str) -> InvalidContract:
        return InvalidContract(f"The contract {self} cannot be used: {why}")


class Apis:
    """The contracts of several APIs; each exchange is judged by the one that has its path."""

    def __init__(self, apis: Iterable[Api]) -> None:
        self._apis = tuple(dict.fromkeys(apis))

    def judging(self, exchange: Exchange) -> Api | None:
        """Return the contract that has the path of an exchange, None where none has it."""
        return self._with(exchange.path)

    def operations(self) -> list[Operation]:
        """Return all that may be requested."""
        return [each for api in self._apis for each in api.operations() if self._with(each.path) is api]

    def operation_of(self, method: str, path: str) -> str:
        """Return method and path of a request as its contract has them; empty where none has them.

        Args:
            method: the request's.
            path: its path, with or without a query.
        """
        api = self._with(path)
        return api.operation_of(method, path.partition("?")[0]) if api else ""

    def violations(self, exchange: Exchange) -> list[Difference]:
        """Return each way in which a response violates its contract."""
        api = self.judging(exchange)
        return api.violations(exchange) if api else [Difference(NO_SUCH_REQUEST, "", NO_SUCH_REQUEST)]

    def _with(self, path: str) -> Api | None:
        """The contract that has a path, with or without a query; None where none has it."""
        return next((api for api in self._apis if api.has(path.partition("?")[0])), None)


NO_SUCH_REQUEST = "the contract has no such request"


def use(files: Sequence[Path], paths: Collection[str]) -> None:
    """Choose documents in place of the project's own, before anything uses those.

    Args:
        files: OpenAPI 3 documents; each replaces those of the paths that it has.
        paths: the paths of all resources.

    Raises:
        InvalidContract: one cannot be used, or replaces none, or two have the same path.
    """
    replacing: dict[str, Api] = {}
    for file in files:
        api = Api(file)
        replaced = [path for path in paths if api.has(path)]
        if not replaced:
            raise InvalidContract(
                f"The contract {file} replaces none of the project's: it has none of the paths {', '.join(paths)}"
            )
        for path in replaced:
            api.check(path)
            if path in replacing:
                raise InvalidContract(f"The contracts {replacing[path]} and {file} both have the path {path}")
            replacing[path] = api
    _replacing.clear()
    _replacing.update(replacing)


def api_for(path: str, file: Path) -> Api:
    """Return the contract of a path: what `use` chose, else the project's own.

    Args:
        path: the path of all things of a resource.
        file: the project's own document.

    Raises:
        InvalidContract: that file cannot be used.
    """
    return _replacing.get(path) or _own(file)


_replacing: dict[str, Api] = {}
_own = cache(Api)


def _of_type(content_type: str) -> list[Difference]:
    """The media type counts; its parameters (`charset=utf-8`) do not."""
    if content_type.partition(";")[0].strip().lower() == _JSON:
        return []
    sentence = f"the Content-Type is {shown(content_type or None)}, the contract has {_JSON}"
    return [Difference(sentence, "", "answered with another Content-Type")]


def _schema_of(holder: Node) -> Node | None:
    """The schema of the JSON in a request or a response, None without one."""
    found: Node | None = holder.get("content", {}).get(_JSON, {}).get("schema")
    return found


def _shape(path: str) -> str:
    """A path without the names of its parameters."""
    return _PARAMETER.sub("{}", path)


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, shape.split("{}"))))


def _with_null_as_a_type(document: Node) -> Node:
    """Return an OpenAPI 3.0 document as 3.1 writes it: `nullable` became an alternative."""
    if not str(document["openapi"]).startswith("3.0"):
        return document
    changed: Node = _with_alternative(document)
    return changed


def _with_alternative(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_alternative(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {
        name: _with_alternative(each) for name, each in node.items() if name != "nullable" or each is not True
    }
    return changed if len(changed) == len(node) else {"anyOf": [changed, {"type": "null"}]}


def _answered(status: int | None, documented: Iterable[str]) -> str:
    """Return the kind of a wrong status; of a success, in a step's words, if the contract has only one other."""
    successes = [each for each in documented if each.startswith("2")]
    is_other_success = str(status).startswith("2") and len(successes) == 1
    return f"answered with {status} in place of {successes[0]}" if is_other_success else f"answered with {status}"
