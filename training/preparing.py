"""From sources of labelled complaints to a lesson: read, matched, looked through, parted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.taxonomy import BUNDLED, Taxonomy
from training.bundled import read_bundled_corpus
from training.findings import DataReport, Finding
from training.fitting import Progress
from training.history import LEAST, Columns, make_ready, read_raw, unknown_labels
from training.labelled import Labelled
from training.labels import Labels, UnknownLabelsError, taxonomy_of
from training.lesson import Lesson, from_history
from training.sources import Source
from training.split import How, near_duplicates, together


@dataclass(frozen=True, slots=True)
class Plan:
    """What a user decides of a run on a history.

    Attributes
    ----------
    taxonomy : str or None
        Text of the bank's own taxonomy file; by default the program's.
    as_is : bool
        Whether the labels themselves are the categories.
    skip_unknown : bool
        Whether rows whose labels mean no category are left out; else they stop the run.
    bundled : bool or None
        Whether the bundled corpus is learnt from too; by default if its taxonomy has every category of the taxonomy.
    split : {'random', 'time'}
        How the test part is chosen.
    test : float
        About so much of the rows is the test part.
    preset : str or None
        Which pipeline is fitted; by default by the number of rows.
    seed : int
    """

    taxonomy: str | None
    as_is: bool
    skip_unknown: bool
    bundled: bool | None
    split: How
    test: float
    preset: str | None
    seed: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A lesson, the taxonomy it is in, and what was found on the way."""

    lesson: Lesson
    taxonomy: str
    report: DataReport


def read_history(
    sources: Sequence[Source], columns: Columns, plan: Plan, progress: Progress
) -> tuple[list[Labelled], str, DataReport]:
    """Read labelled complaints, match their labels, and leave out what would teach or judge wrongly.

    Returns
    -------
    rows : list of Labelled
    taxonomy : str
        Text of the taxonomy file their categories are of.
    report : DataReport

    Raises
    ------
    UnknownLabelsError
        If labels mean no category, and their rows are not to be left out.
    CorpusError
        If a column cannot be found, or a database does not answer.
    TaxonomyError
        If the taxonomy cannot be used.
    """
    raw, report = read_raw(sources, columns, lambda done, total: progress("读取 reading", done, total or done))
    if plan.as_is:
        taxonomy = taxonomy_of(Counter(row.category for row in raw))
    else:
        taxonomy = BUNDLED.read_text(encoding="utf-8") if plan.taxonomy is None else plan.taxonomy
    known = Taxonomy.parse(taxonomy, source="taxonomy")
    return _matched(raw, known, report, skip_unknown=plan.skip_unknown), taxonomy, report


def read_for_both(
    sources: Sequence[Source], columns: Columns, taxonomy: Taxonomy, progress: Progress, *, skip_unknown: bool = False
) -> tuple[list[Labelled], DataReport]:
    """Read labelled complaints to compare two models on, in a kept taxonomy; errors as of `read_history`."""
    raw, report = read_raw(sources, columns, lambda done, total: progress("读取 reading", done, total or done))
    return _matched(raw, taxonomy, report, least=1, skip_unknown=skip_unknown), report


def _matched(
    raw: Sequence[Labelled], taxonomy: Taxonomy, report: DataReport, *, least: int = LEAST, skip_unknown: bool
) -> list[Labelled]:
    labels = Labels(taxonomy)
    if not skip_unknown and (unknown := unknown_labels(raw, labels)):
        raise UnknownLabelsError(unknown)
    return make_ready(raw, labels, report, least)


def prepare(sources: Sequence[Source], columns: Columns, plan: Plan, progress: Progress) -> Prepared:
    """Read a history and part it for training; errors as of `read_history` and `training.lesson.from_history`."""
    rows, taxonomy, report = read_history(sources, columns, plan, progress)
    corpus = _bundled(Taxonomy.parse(taxonomy, source="taxonomy"), plan.bundled)
    everything = [*rows, *corpus]
    alike = near_duplicates(everything, lambda done, total: progress("查重 near duplicates", done, total))
    for number, other in dict(alike).items():
        if number < len(rows):
            row = rows[number]
            report.findings.append(Finding("near_duplicate", row.place, row.category, row.text, rows[other].place))
    groups = together(everything, alike)
    # A bundled text that the history has too, nearly, would betray the test part.
    own = set(groups[: len(rows)].tolist())
    corpus = [row for row, group in zip(corpus, groups[len(rows) :].tolist(), strict=True) if group not in own]
    data = {**report.document(), "bundled": len(corpus)}
    lesson = from_history(rows, groups[: len(rows)], corpus, how=plan.split, share=plan.test, seed=plan.seed, data=data)
    return Prepared(lesson, taxonomy, report)


def _bundled(taxonomy: Taxonomy, wanted: bool | None) -> list[Labelled]:
    """The bundled texts of a taxonomy's categories; unless they are wanted, only if it has no others."""
    known = Taxonomy.bundled()
    use = taxonomy.keys() <= known.keys() if wanted is None else wanted
    return [row for row in read_bundled_corpus(known) if row.category in taxonomy] if use else []
