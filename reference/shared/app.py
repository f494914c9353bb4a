"""The HTTP API of a service."""

import logging
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import exc, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, NotFound

from reference.shared.database import Database
from reference.shared.models import OutboxEntry, Resource
from reference.shared.relay import OutboxRelay
from reference.shared.service import Change, Service
from reference.shared.validation import InvalidRequestError

HIGHEST_ID = 2**31 - 1  # PostgreSQL's integer

log = logging.getLogger(__name__)


def create_app(service: Service, database: Database, relay: OutboxRelay) -> Flask:
    """Return the WSGI application. Every response is JSON, errors included.

    Args:
        service: whose API it is.
        database: where the resources and the outbox are.
        relay: publishes what the outbox holds.
    """
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False  # a redirect would be HTML
    api = ResourceApi(service, database, relay.wake)
    one, many = f"{service.path}/<resource_id>", service.path
    app.add_url_rule(many, "create", api.create, methods=["POST"])
    app.add_url_rule(many, "list", api.list_all, methods=["GET"])
    app.add_url_rule(one, "read", api.read, methods=["GET"])
    app.add_url_rule(one, "update", api.update, methods=["PUT"])
    app.add_url_rule(one, "delete", api.delete, methods=["DELETE"])
    app.add_url_rule("/health", "health", lambda: _health(database, relay), methods=["GET"])
    app.register_error_handler(InvalidRequestError, _invalid_request)
    app.register_error_handler(HTTPException, _http_error)
    for error in (exc.OperationalError, exc.InterfaceError, exc.TimeoutError):
        app.register_error_handler(error, _database_error)
    app.register_error_handler(Exception, _unexpected_error)
    return app


class ResourceApi:
    """The operations on the resources of a service."""

    def __init__(self, service: Service, database: Database, wake_relay: Callable[[], None]) -> None:
        """Prepare the operations.

        Args:
            service: says what a resource is.
            database: where the resources and the outbox are.
            wake_relay: called after an event was stored.
        """
        self._service = service
        self._table = service.table
        self._rules = service.rules
        self._database = database
        self._wake_relay = wake_relay

    def create(self) -> ResponseReturnValue:
        """Create a resource."""
        resource = self._table(**self._rules.new(request.get_data()))
        with self._database.writing() as session:
            session.add(resource)
            session.flush()  # the database gives the id
            self._commit(session, Change(id=resource.id, after=resource.as_json()))
        return jsonify(resource.as_json()), HTTPStatus.CREATED

    def list_all(self) -> ResponseReturnValue:
        """List all resources, or those with the status in the query."""
        query = select(self._table).order_by(self._table.id)
        if "status" in request.args:
            query = query.where(self._table.__table__.c.status == self._rules.status(request.args["status"]))
        with self._database.reading() as session:
            return jsonify([resource.as_json() for resource in session.scalars(query)])

    def read(self, resource_id: str) -> ResponseReturnValue:
        """Read one resource."""
        with self._database.reading() as session:
            return jsonify(self._find(session, resource_id).as_json())

    def update(self, resource_id: str) -> ResponseReturnValue:
        """Change the fields that the request names."""
        with self._database.writing() as session:
            resource = self._find(session, resource_id, lock=True)
            before = resource.as_json()
            for name, value in self._rules.changes(request.get_data()).items():
                setattr(resource, name, value)
            session.flush()
            self._commit(session, Change(id=resource.id, before=before, after=resource.as_json()))
        return jsonify(resource.as_json())

    def delete(self, resource_id: str) -> ResponseReturnValue:
        """Delete one resource."""
        with self._database.writing() as session:
            resource = self._find(session, resource_id, lock=True)
            session.delete(resource)
            session.flush()
            self._commit(session, Change(id=resource.id, before=resource.as_json()))
        return jsonify(message=f"{self._rules.noun.capitalize()} deleted successfully")

    def _find(self, session: Session, resource_id: str, *, lock: bool = False) -> Resource:
        """Return the resource; with `lock`, no other transaction changes it until this one ends."""
        is_id = resource_id.isascii() and resource_id.isdigit() and len(resource_id) <= len(str(HIGHEST_ID))
        if is_id and int(resource_id) <= HIGHEST_ID:
            resource = session.get(self._table, int(resource_id), with_for_update=lock)
            if resource is not None:
                return resource
        raise NotFound(f"{self._rules.noun.capitalize()} not found")

    def _commit(self, session: Session, change: Change) -> None:
        """Commit the change together with its event, if it has one: both are stored, or neither is."""
        event = self._service.event(change)
        if event is None:
            session.commit()
            log.info("%s %s_id=%d has no event", request.method, self._rules.noun, change.id)
            return
        key, value = str(change.id), event.to_json()
        session.add(OutboxEntry(event_id=event.event_id, event_type=event.event_type, key=key, value=value))
        session.commit()
        self._wake_relay()
        log.info("%s %s_id=%d event_id=%s", event.event_type, self._rules.noun, change.id, event.event_id)


def _health(database: Database, relay: OutboxRelay) -> ResponseReturnValue:
    reachable = {"database": database.is_reachable(), "broker": relay.broker_is_reachable()}
    states = {name: "reachable" if yes else "not reachable" for name, yes in reachable.items()}
    return jsonify(states), HTTPStatus.OK if all(reachable.values()) else HTTPStatus.SERVICE_UNAVAILABLE


def _invalid_request(error: InvalidRequestError) -> ResponseReturnValue:
    return _refusal(HTTPStatus.BAD_REQUEST, error.message)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    # Its headers are kept: after "method not allowed" they list the methods that are.
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return *_refusal(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.description), headers


def _refusal(status: int, message: str | Mapping[str, str] | None) -> tuple[Response, int]:
    # The rule is logged, not the path: a wrong path may contain a name.
    log.info("%s %s answered %d", request.method, request.url_rule, status)
    return jsonify(message=message), status


def _database_error(_error: exc.SQLAlchemyError) -> ResponseReturnValue:
    return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer")


def _unexpected_error(error: Exception) -> ResponseReturnValue:
    # Where it happened, but not the exception's message: it may quote somebody's data.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s %s failed with %s\n%s", request.method, request.url_rule, type(error).__name__, where)
    return jsonify(message="Internal server error"), HTTPStatus.INTERNAL_SERVER_ERROR
