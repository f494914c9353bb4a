"""The HTTP API of the patient service."""

import logging
import traceback
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, NotFound

from reference.patient_service import events, validation
from reference.patient_service.database import Database
from reference.patient_service.models import Patient
from reference.patient_service.relay import OutboxRelay

HIGHEST_ID = 2**31 - 1  # PostgreSQL's integer

log = logging.getLogger(__name__)


def create_app(database: Database, relay: OutboxRelay) -> Flask:
    """Return the WSGI application. Every response is JSON, errors included."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.url_map.merge_slashes = False  # a redirect would be HTML
    patients = PatientApi(database, relay.wake)
    one, many = "/api/patients/<patient_id>", "/api/patients"
    app.add_url_rule(many, "create", patients.create, methods=["POST"])
    app.add_url_rule(many, "list", patients.list_all, methods=["GET"])
    app.add_url_rule(one, "read", patients.read, methods=["GET"])
    app.add_url_rule(one, "update", patients.update, methods=["PUT"])
    app.add_url_rule(one, "delete", patients.delete, methods=["DELETE"])
    app.add_url_rule("/health", "health", lambda: _health(database, relay), methods=["GET"])
    app.register_error_handler(validation.InvalidRequestError, _invalid_request)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(Exception, _unexpected_error)
    return app


class PatientApi:
    """The operations of `/api/patients`."""

    def __init__(self, database: Database, wake_relay: Callable[[], None]) -> None:
        self._database = database
        self._wake_relay = wake_relay

    def create(self) -> ResponseReturnValue:
        """Create a patient."""
        patient = Patient(**validation.new_patient(request.get_data()))
        with self._database.writing() as session:
            session.add(patient)
            session.flush()  # the database gives the id
            self._commit(session, "patient.created", patient)
        return jsonify(patient.as_json()), HTTPStatus.CREATED

    def list_all(self) -> ResponseReturnValue:
        """List all patients, or those with the status in the query."""
        query = select(Patient).order_by(Patient.id)
        if "status" in request.args:
            query = query.where(Patient.status == validation.status(request.args["status"]))
        with self._database.reading() as session:
            return jsonify([patient.as_json() for patient in session.scalars(query)])

    def read(self, patient_id: str) -> ResponseReturnValue:
        """Read one patient."""
        with self._database.reading() as session:
            return jsonify(_find(session, patient_id).as_json())

    def update(self, patient_id: str) -> ResponseReturnValue:
        """Change the fields that the request names."""
        with self._database.writing() as session:
            patient = _find(session, patient_id, lock=True)
            for name, value in validation.changed_fields(request.get_data()).items():
                setattr(patient, name, value)
            session.flush()
            self._commit(session, "patient.updated", patient)
        return jsonify(patient.as_json())

    def delete(self, patient_id: str) -> ResponseReturnValue:
        """Delete one patient."""
        with self._database.writing() as session:
            patient = _find(session, patient_id, lock=True)
            session.delete(patient)
            session.flush()
            self._commit(session, "patient.deleted", patient)
        return jsonify(message="Patient deleted successfully")

    def _commit(self, session: Session, event_type: str, patient: Patient) -> None:
        """Commit the change together with its event: both are stored, or neither is."""
        event = events.patient_event(event_type, patient)
        session.add(event)
        session.commit()
        self._wake_relay()
        log.info("%s patient_id=%d event_id=%s", event.event_type, event.patient_id, event.event_id)


def _find(session: Session, patient_id: str, *, lock: bool = False) -> Patient:
    """Return the patient; with `lock`, no other transaction changes it until this one ends."""
    is_id = patient_id.isascii() and patient_id.isdigit() and len(patient_id) <= len(str(HIGHEST_ID))
    if is_id and int(patient_id) <= HIGHEST_ID:
        patient = session.get(Patient, int(patient_id), with_for_update=lock)
        if patient is not None:
            return patient
    raise NotFound("Patient not found")


def _health(database: Database, relay: OutboxRelay) -> ResponseReturnValue:
    reachable = {"database": database.is_reachable(), "broker": relay.broker_is_reachable()}
    states = {name: "reachable" if yes else "not reachable" for name, yes in reachable.items()}
    return jsonify(states), HTTPStatus.OK if all(reachable.values()) else HTTPStatus.SERVICE_UNAVAILABLE


def _invalid_request(error: validation.InvalidRequestError) -> ResponseReturnValue:
    return _refusal(HTTPStatus.BAD_REQUEST, str(error))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    # Its headers are kept: after "method not allowed" they list the methods that are.
    headers = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return *_refusal(error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.description), headers


def _refusal(status: int, message: str | None) -> tuple[Response, int]:
    # The rule is logged, not the path: a wrong path may contain a name.
    log.info("%s %s answered %d", request.method, request.url_rule, status)
    return jsonify(message=message), status


def _database_error(_error: OperationalError) -> ResponseReturnValue:
    return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer")


def _unexpected_error(error: Exception) -> ResponseReturnValue:
    # Where it happened, but not the exception's message: it may quote a patient's data.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s %s failed with %s\n%s", request.method, request.url_rule, type(error).__name__, where)
    return jsonify(message="Internal server error"), HTTPStatus.INTERNAL_SERVER_ERROR
