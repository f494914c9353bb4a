"""Patients."""

from bdd.domain.resource import Resource, Service

RESOURCE = Resource("patient", "/api/patients", Service("patient-service", 8001))
