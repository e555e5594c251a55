"""The data part of a page: every section that can be told from the photographs and masks alone."""

from report.data.data_statistics import DataStatistics
from report.section import Section
from report.sections.average_masks import average_masks
from report.sections.cars import cars
from report.sections.colour import colour
from report.sections.image_sizes import image_sizes
from report.sections.leaks import leaks
from report.sections.mask_area import mask_area
from report.sections.quarantine import quarantine
from report.sections.sample_pictures import sample_pictures
from report.sections.split_counts import split_counts


def data_sections(statistics: DataStatistics) -> tuple[Section, ...]:
    """Builds all sections about the data, in the order of the page.

    Args:
        statistics: Of the data.
    """
    return (
        split_counts(statistics),
        cars(statistics),
        image_sizes(statistics),
        sample_pictures(statistics),
        mask_area(statistics),
        average_masks(statistics),
        colour(statistics),
        leaks(statistics),
        quarantine(statistics),
    )
