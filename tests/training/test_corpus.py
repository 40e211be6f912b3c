"""The bundled corpus: enough of everything, nothing twice."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict

import numpy as np
import pytest

from classifier import Taxonomy, normalize
from training import Labelled
from training.bundled import CHANNELS, CORPUS, VOICES


def test_at_least_120_texts_in_every_category(corpus: list[Labelled], taxonomy: Taxonomy) -> None:
    counts = Counter(row.category for row in corpus)
    assert set(counts) == set(taxonomy)
    assert min(counts.values()) >= 120
    assert counts["other"] >= 250
    assert len(corpus) >= 4_500


@pytest.mark.parametrize("code", Taxonomy.bundled())
def test_each_file_holds_its_category(code: str) -> None:
    with (CORPUS / f"{code}.csv").open(encoding="utf-8", newline="") as file:
        assert {row["category"] for row in csv.DictReader(file)} == {code}


def test_no_text_stands_twice_or_nearly(corpus: list[Labelled]) -> None:
    """No two texts share more than half of their character triples (Jaccard), however they are labelled."""
    triples: list[set[str]] = []
    holders: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(corpus):
        text = "".join(filter(str.isalnum, normalize(row.text)))
        mine = {text[j : j + 3] for j in range(max(1, len(text) - 2))}
        shared = Counter(j for triple in mine for j in holders[triple])
        for j, count in shared.items():
            assert count / (len(mine) + len(triples[j]) - count) <= 0.5, (row.text, corpus[j].text)
        triples.append(mine)
        for triple in mine:
            holders[triple].append(i)


def test_lengths_are_spread(corpus: list[Labelled]) -> None:
    lengths = np.array([len(row.text) for row in corpus])
    assert lengths.min() < 6
    assert lengths.max() > 350
    assert (lengths < 30).mean() > 0.1
    assert ((lengths >= 30) & (lengths < 90)).mean() > 0.25
    assert (lengths >= 90).mean() > 0.25


def test_channels_and_voices_are_spread(corpus: list[Labelled]) -> None:
    for values, known in (([row.channel for row in corpus], CHANNELS), ([row.voice for row in corpus], VOICES)):
        counts = Counter(values)
        assert set(counts) == set(known)
        assert max(counts.values()) < len(corpus) * 0.5
        assert min(counts.values()) > len(corpus) * 0.01


def test_no_opening_is_worn_out(corpus: list[Labelled]) -> None:
    openings = Counter(row.text[:4] for row in corpus)
    assert openings.most_common(1)[0][1] < len(corpus) * 0.02


def test_some_texts_are_traditional_and_some_have_secondary_categories(corpus: list[Labelled]) -> None:
    traditional = [row for row in corpus if any(c in row.text for c in "帳戶號碼錢說這個還來為們時間個")]
    assert len(traditional) > len(corpus) * 0.07
    assert sum(bool(row.secondary) for row in corpus) > len(corpus) * 0.1


def test_no_telephone_card_or_identity_number_stands_in_it(corpus: list[Labelled]) -> None:
    number = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{16,19}|\d{17}[\dXx])(?!\d)")
    assert [row.text for row in corpus if number.search(row.text)] == []
