"""Who made the cars, which models, which years: the labelled ones beside those to be masked."""

from collections import Counter
from collections.abc import Mapping

from report.data.data_statistics import DataStatistics
from report.plots.bars import share_bars
from report.plots.columns import share_columns
from report.plots.svg import Plot
from report.section import Section
from report.shares import shares_of
from report.template import render

_LABELLED, _UNLABELLED = "train/", "unlabelled test/"
# Bars that a phone shows without scrolling.
_SHOWN = 15
_NAMED = 30
# What else a metadata.csv calls a year would leave a plot nothing but room.
_YEARS = range(1886, 2101)


def cars(statistics: DataStatistics) -> Section:
    """Builds the section; without metadata.csv it says so.

    Args:
        statistics: Of the data.
    """
    labelled = statistics.cars
    unlabelled = statistics.unlabelled
    makes = {_LABELLED: Counter(car.make for car in labelled)}
    models = {_LABELLED: Counter(_model(car.make, car.model) for car in labelled)}
    years = {_LABELLED: Counter(car.year for car in labelled)}
    if unlabelled is not None and unlabelled.cars:
        makes[_UNLABELLED] = Counter(unlabelled.makes)
        models[_UNLABELLED] = Counter()
        for (make, model), count in unlabelled.models.items():
            models[_UNLABELLED][_model(make, model)] += count
        years[_UNLABELLED] = Counter(unlabelled.years)
    known = Counter({make: count for make, count in makes[_LABELLED].items() if make})
    once = sorted(make for make, count in known.items() if count == 1)
    foreign = sorted(make for make in makes.get(_UNLABELLED, ()) if make and make not in known)
    return Section(
        "cars",
        "Cars",
        render(
            "cars.html",
            metadata=statistics.metadata,
            total=len(labelled),
            unknown=makes[_LABELLED][""],
            make_count=len(known),
            most=known.most_common(1)[0] if known else None,
            once=once,
            foreign=foreign,
            named=_NAMED,
            compared=_UNLABELLED in makes,
            plots=_plots(makes, models, years) if statistics.metadata and labelled else (),
        ),
    )


def _plots(
    makes: Mapping[str, Counter[str]],
    models: Mapping[str, Counter[str]],
    years: Mapping[str, Counter[int]],
) -> list[Plot]:
    plots = [
        _most_common(name, what, groups)
        for name, what, groups in (("makes", "make", makes), ("models", "model", models))
        if any(label for counts in groups.values() for label in counts)
    ]
    known_years = {
        group: shares_of({year: counts[year] for year in sorted(counts) if year in _YEARS})
        for group, counts in years.items()
    }
    if any(known_years.values()):
        plots.append(
            share_columns(
                "years",
                "Share of the cars of each year, of those whose year is known",
                "year",
                known_years,
            )
        )
    return plots


def _most_common(name: str, what: str, groups: Mapping[str, Counter[str]]) -> Plot:
    """Draws the most common ones of the first group; the caption tells the rest."""
    first = next(iter(groups.values()))
    other = list(groups.values())[-1]
    order = sorted(
        {label for counts in groups.values() for label in counts if label},
        key=lambda label: (-first[label], -other[label], label),
    )
    shown = order[:_SHOWN]
    shares = {group: Counter(shares_of(counts)) for group, counts in groups.items()}
    rows = {group: [of_group[label] for label in shown] for group, of_group in shares.items()}
    caption = f"Share of the cars of each {what}, most common in train/ first."
    # Not bars of their own: they would be the longest.
    for rest, labels in (
        (f"{len(order) - len(shown):,} other {what}s", order[_SHOWN:]),
        ("unknown", [""]),
    ):
        parts = {group: sum(of[label] for label in labels) for group, of in shares.items()}
        if any(parts.values()):
            each = " and ".join(f"{share:.1%} of {group}" for group, share in parts.items())
            caption += f" Not shown, {rest}: {each}."
    return share_bars(name, caption, shown, rows)


def _model(make: str, model: str) -> str:
    return f"{make} {model}" if make and model else model
