"""Words in: the quantities of a work report, each with its words, its bounds and the indicator it belongs to."""

from ingestion.narrative.combining import Combined, combined
from ingestion.narrative.numbers import Stated, parse_quantity
from ingestion.narrative.quantity import Qualifier, Quantity
from ingestion.narrative.reading import quantities

__all__ = ["Combined", "Qualifier", "Quantity", "Stated", "combined", "parse_quantity", "quantities"]
