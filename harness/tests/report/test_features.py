"""What a case is in the words of the filters, and that each row of the matrix is spelled in them."""

from dataclasses import replace
from typing import Any

import pytest

from harness.report.features import FEATURES, features_of
from harness.runner import described
from harness.tests.results import result
from harness.tests.strategies import make_case


def features(**call: Any) -> dict[str, str]:
    case = make_case("case", **({"input_sizes": [1, 6, 6, 4], "filter": [3, 3, 4, 4]} | call))
    return features_of(replace(result(), **described(case)))


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ({}, {"stride": "one", "strides": "1", "dilation": "one", "pads": "even", "groups": "1", "empty": "no"}),
        ({"strides": 3}, {"stride": "within", "strides": "3"}),
        ({"strides": [3, 1]}, {"stride": "within uneven", "strides": "3x1"}),
        ({"strides": 4}, {"stride": "larger"}),
        ({"strides": [1, 4]}, {"stride": "larger uneven"}),
        ({"strides": 4, "dilations": 2}, {"stride": "within", "dilation": "larger", "dilations": "2"}),
        ({"padding": [[1, 1], [2, 2]]}, {"padding": "EXPLICIT", "pads": "even"}),
        ({"padding": [[1, 1], [2, 0]]}, {"padding": "EXPLICIT", "pads": "uneven"}),
        ({"filter": [3, 3, 2, 4]}, {"groups": "2", "grouped": "yes", "depthwise": "no"}),
        ({"filter": [3, 3, 1, 4]}, {"groups": "4", "grouped": "yes", "depthwise": "yes"}),
        ({"input_sizes": [0, 6, 6, 4]}, {"empty": "yes"}),
        ({"input_sizes": [1, 4, 6, 6], "data_format": "NCHW", "strides": [1, 2]}, {"layout": "NCHW", "strides": "1x2"}),
        ({"input_sizes": [6, 6], "out_backprop": [1, 4, 4, 4]}, {"input_sizes": "2"}),
    ],
)
def test_features(call: dict[str, Any], found: dict[str, str]) -> None:
    told = features(**call)
    assert {key: told[key] for key in found} == found


def test_an_invalid_call_has_no_derived_features() -> None:
    told = features(
        input_sizes=[1], filter=[], out_backprop=[1, 2], strides=[0], dilations=[], padding="VALID", expect="rejects"
    )
    assert (told["expect"], told["strides"]) == ("rejects", "0")
    assert "stride" not in told
    assert "groups" not in told


def test_every_row_of_the_matrix_asks_for_features_that_there_are() -> None:
    keys = set(features())
    for feature in FEATURES:
        for term in feature.query.split():
            assert term.partition(":")[0] in keys
