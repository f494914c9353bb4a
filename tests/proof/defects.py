"""All defects, in the order in which they are put on."""

from tests.proof.api_defects import API_DEFECTS
from tests.proof.content_defects import CONTENT_DEFECTS
from tests.proof.defect import SOUND, Defect
from tests.proof.delivery_defects import DELIVERY_DEFECTS
from tests.proof.keeping_defects import KEEPING_DEFECTS
from tests.proof.writing_defects import WRITING_DEFECTS

DEFECTS = (*DELIVERY_DEFECTS, *CONTENT_DEFECTS, *WRITING_DEFECTS, *API_DEFECTS, *KEEPING_DEFECTS)


def find(name: str) -> Defect:
    """Return the defect with this name, or the sound service.

    Raises:
        KeyError: there is none.
    """
    return {defect.name: defect for defect in (SOUND, *DEFECTS)}[name]
