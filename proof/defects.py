"""All defects, in the order in which they are put on."""

from proof.api_defects import API_DEFECTS
from proof.block_defects import BLOCK_DEFECTS
from proof.content_defects import CONTENT_DEFECTS
from proof.delivery_defects import DELIVERY_DEFECTS
from proof.keeping_defects import KEEPING_DEFECTS
from proof.outage_defects import OUTAGE_DEFECTS
from proof.therapist_defects import THERAPIST_DEFECTS
from proof.writing_defects import WRITING_DEFECTS

DEFECTS = (
    *DELIVERY_DEFECTS,
    *CONTENT_DEFECTS,
    *WRITING_DEFECTS,
    *API_DEFECTS,
    *KEEPING_DEFECTS,
    *OUTAGE_DEFECTS,
    *BLOCK_DEFECTS,
    *THERAPIST_DEFECTS,
)
