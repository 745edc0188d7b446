import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import InvalidInputError, NothingMatchedError
from harness.spec.case import Case
from harness.spec.casefile import CasePath, load
from harness.spec.selection import case_paths, select
from harness.studies.importers import Layer, Selection, layers_text, write_layers
from harness.studies.importers.json_lines import read_lines
from harness.tests.cases import write
from harness.tests.processes import ROOT, harness

LINE = {"H": 8, "W": 6, "C": 3, "K": 4, "P": 4, "Q": 6, "R": 3, "S": 2, "stride": [2, 1], "pad": [[1, 0], [0, 1]]}
MODEL = """
import sys
import keras
from keras import layers

def build():
    image = keras.Input((12, 10, 4))
    shared = layers.Conv2D(4, 3, padding="same", name="shared")
    x = shared(image)
    x = layers.ZeroPadding2D(1)(x)
    x = shared(x)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = layers.Conv2D(6, (3, 2), dilation_rate=(2, 1), groups=2, name="grouped")(x)
    x = keras.Sequential([keras.Input(x.shape[1:]), layers.Conv2DTranspose(5, (3, 4), strides=(2, 3), name="up")])(x)
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same", name="same")(x)
    return keras.Model(image, x)

if __name__ == "__main__":
    build().save(sys.argv[1])
"""


def layer(**values: object) -> Layer:
    said = {"H": 4, "W": 4, "C": 2, "R": 3, "S": 3, "K": 5, "strides": (1, 1), "dilations": (1, 1), "padding": "SAME"}
    return Layer(**said | values)  # type: ignore[arg-type]


def cases_in(text: str, folder: Path) -> list[Case]:
    file = folder / "written.yaml"
    file.write_text(text, encoding="utf-8")
    return load([CasePath(file.name, file)])


def lines(folder: Path, *objects: object) -> Path:
    file = folder / "layers.jsonl"
    file.write_text("".join(f"{json.dumps(each)}\n" for each in objects), encoding="utf-8")
    return file


def test_lines_become_cases_with_the_extents_they_say(tmp_path: Path) -> None:
    out = tmp_path / "out" / "layers.yaml"
    file = lines(tmp_path, LINE, LINE | {"macs": 7}, {"H": 5, "W": 5, "C": 1, "K": 1, "R": 1, "S": 1})
    assert harness("import", "lines", file, "--tag", "mine", "--batch", 2, "--out", out).returncode == 0
    first, second = load([CasePath("layers.yaml", out)])
    assert first.name == "8x6x3-3x2x4-s2x1-p1.0.0.1"
    assert first.tags == ("mine",)
    assert first.attributes.input_sizes == (2, 8, 6, 3)
    assert first.attributes.out_backprop == (2, 4, 6, 4)
    assert first.attributes.explicit_paddings == (0, 0, 1, 0, 0, 1, 0, 0)
    assert (second.name, second.attributes.padding) == ("5x5x1-1x1x1-valid", "VALID")


def test_every_line_that_is_no_layer_is_named(tmp_path: Path) -> None:
    file = lines(tmp_path, LINE, LINE | {"P": 5}, {"H": 1}, LINE | {"R": 20}, "x", LINE | {"pad": [[-1, 0], [0, 0]]})
    with pytest.raises(InvalidInputError) as error:
        read_lines(file)
    numbers = {int(line.removeprefix(f"{file}:").partition(":")[0]) for line in error.value.lines}
    assert numbers == {2, 3, 4, 5, 6}
    assert "P and Q are [5, 6]; by C3 they must be [4, 6]" in error.value.lines[0]
    with pytest.raises(InvalidInputError, match="nosuch"):
        read_lines(tmp_path / "nosuch")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"H": 8, "W": 6, "C": 3, "K": 4, "R": 3, "S": 2, "zzz": 1}', ["50: unknown key 'zzz'"]),
        ('{"H": 0, "W": true, "C": 3, "K": 4, "R": "3"}',
         ["1: missing key 'S'", "7: H: 0 is not an integer from 1 on", "15: W: true is not an integer from 1 on",
          "42: R: '3' is not an integer from 1 on"]),
        ('{"H": 8, "W": 6, "C": 3, "K": 4, "R": 3, "S": 2, "strides": [1, 1], "pad": [1, 1]}',
         ["50: unknown key 'strides'; did you mean 'stride'?",
          "76: pad: [1, 1] is not [[top, bottom], [left, right]], none below 0"]),
        ('{"H": 8, "H": 8, "W": 6, "C": 3, "K": 4, "R": 3, "S": 2}', ["10: duplicate key 'H'"]),
        ('{"H": 8, "W" 6}', ["14: not JSON: expecting ':' delimiter"]),
        ("[1]", ["1: a mapping is needed here, not [1]"]),
        (' {"H": 8, "W": 6, "C": 3, "K": 4, "R": 10, "S": 2}',
         [("2: C3: a filter of height 10 does not fit an input of height 8 under VALID: out_backprop would have "
          "-1 positions")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_line_is_said_at_its_place(line: str, said: list[str], tmp_path: Path) -> None:
    file = tmp_path / "layers.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n\n{line}\n")
    with pytest.raises(InvalidInputError) as error:
        read_lines(file)
    assert [each.removeprefix(f"{file}:3:") for each in error.value.lines] == said


def test_a_layer_that_comes_twice_is_one_case_with_both_names(tmp_path: Path) -> None:
    text = layers_text([layer(name="one"), layer(K=6, name="two"), layer(name="three")], ["net"], Selection())
    assert "  # one, three\n  - id: 4x4x2-3x3x5-same\n" in text
    assert [case.name for case in cases_in(text, tmp_path)] == ["4x4x2-3x3x5-same", "4x4x2-3x3x6-same"]


def test_ids_tell_every_field_apart(tmp_path: Path) -> None:
    changes: list[dict[str, object]] = [
        {"H": 5}, {"W": 5}, {"C": 4}, {"C": 4, "groups": 2, "K": 6}, {"R": 2}, {"S": 2}, {"K": 6}, {"strides": (2, 1)},
        {"strides": (1, 2)}, {"strides": (2, 2)}, {"dilations": (2, 1)}, {"padding": "VALID"},
        {"padding": ((1, 1), (1, 1))}, {"padding": ((1, 1), (1, 0))},
    ]  # fmt: skip
    layers = [layer(**change) for change in changes]
    cases = cases_in(layers_text(layers, ["net"], Selection()), tmp_path)
    assert len({case.name for case in cases}) == len(changes)
    assert [case.geometry for case in cases] == [each.geometry(1) for each in layers]


def test_large_layers_can_be_left_out() -> None:
    layers = [layer(), layer(H=40)]
    most = layers[0].geometry(1).multiply_adds
    assert layers_text(layers, ["net"], Selection(most_multiply_adds=most)).count("- id:") == 1
    with pytest.raises(NothingMatchedError):
        layers_text(layers, ["net"], Selection(most_multiply_adds=most - 1))


def test_a_folder_gets_a_file_for_each_network(tmp_path: Path) -> None:
    write_layers({"models.py:my_net": [layer()], "ResNet50": [layer()]}, Selection(), tmp_path / "out")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["my-net.yaml", "resnet50.yaml"]
    write_layers({"a": [layer()], "b": [layer(), layer(K=6)]}, Selection(), tmp_path / "all.yaml")
    assert (tmp_path / "all.yaml").read_text().count("- id:") == 2


def test_a_keras_model_gives_every_call_of_its_convolutions(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(MODEL)
    saved = tmp_path / "saved.keras"
    subprocess.run([sys.executable, model, saved], check=True, capture_output=True)  # noqa: S603 -- written above
    done = harness("import", "keras", f"{model}:build", saved, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    built, loaded = ((tmp_path / "out" / name).read_text() for name in ("build.yaml", "saved.yaml"))
    assert built.partition("defaults")[2] == loaded.partition("defaults")[2]
    cases = cases_in(built, tmp_path)
    assert [(case.attributes.input_sizes, case.attributes.out_backprop) for case in cases] == [
        ((1, 12, 10, 4), (1, 12, 10, 4)),  # the shared layer, called
        ((1, 14, 12, 4), (1, 14, 12, 4)),  # twice
        ((1, 14, 12, 4), (1, 12, 10, 4)),
        ((1, 12, 10, 4), (1, 8, 9, 6)),
        ((1, 17, 28, 5), (1, 8, 9, 6)),  # transposed, in a model within the model: its output is in_backprop
        ((1, 34, 56, 2), (1, 17, 28, 5)),
    ]
    assert [case.geometry.groups for case in cases if case.geometry] == [1, 1, 4, 2, 1, 1]
    assert cases[4].attributes.filter == (3, 4, 5, 6)


EVERY_KIND = """
import keras
from keras import layers

def build():
    keras.config.set_dtype_policy("mixed_bfloat16")
    row = keras.Input((10, 4))
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=2, name="causal")(row)
    x = layers.Conv1DTranspose(4, 4, strides=3, padding="same", dtype="mixed_float16", name="up")(x)
    x = layers.DepthwiseConv1D(3, depth_multiplier=2, dtype="float32", name="depthwise")(x)
    image = keras.Input((9, 8, 4))
    y = layers.DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=3, name="multiplied")(image)
    y = layers.SeparableConv2D(5, 3, padding="same", dtype="float64", name="separable")(y)
    z = layers.Conv2DTranspose(3, 4, strides=2, output_padding=0, padding="same", name="short")(y)
    w = layers.Conv3D(2, 2, name="solid")(layers.Reshape((5, 4, 5, 1))(y))
    return keras.Model([row, image], [x, z, w])
"""


def test_every_kind_of_convolution_is_a_case_in_its_own_type_or_said_to_be_left_out(tmp_path: Path) -> None:
    model = write(tmp_path, EVERY_KIND, "model.py")
    done = harness("import", "keras", f"{model}:build", "--out", tmp_path / "out.yaml", "--most-multiply-adds", 3000)
    assert done.returncode == 0, done.stderr
    cases = load([CasePath("out.yaml", tmp_path / "out.yaml")])
    calls = [(each.attributes.input_sizes, each.attributes.filter, each.attributes.dtype) for each in cases]
    assert sorted(calls) == [
        ((1, 1, 10, 4), (1, 3, 4, 6), "bfloat16"),
        ((1, 1, 30, 4), (1, 3, 1, 8), "float32"),
        ((1, 1, 30, 4), (1, 4, 4, 6), "half"),
        ((1, 5, 4, 12), (1, 1, 12, 5), "float64"),
        ((1, 5, 4, 12), (3, 3, 1, 12), "float64"),
        ((1, 9, 8, 4), (3, 2, 1, 12), "bfloat16"),
    ]
    (causal,) = [each for each in cases if each.attributes.padding == "EXPLICIT"]
    assert causal.attributes.explicit_paddings == (0, 0, 0, 0, 4, 0, 0, 0)
    left_out = [line for line in done.stderr.splitlines() if ": left out: " in line]
    assert sorted(line.partition(": left out: ")[2] for line in left_out) == [
        (
            "Conv3D is none of Conv1D, Conv1DTranspose, Conv2D, Conv2DTranspose, DepthwiseConv1D, DepthwiseConv2D, "
            "SeparableConv1D, SeparableConv2D: solid"
        ),
        "an output padding for which C3 has no convolution: short",
    ]
    assert (
        "an output padding for which C3 has no convolution: short."
        in (tmp_path / "out.yaml").read_text().splitlines()[1]
    )


def test_what_is_too_large_is_said_to_be_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    most = layer().geometry(1).multiply_adds
    networks = {"net": [layer(name="small"), layer(H=40, name="large")]}
    write_layers(networks, Selection(most_multiply_adds=most), tmp_path / "net.yaml")
    assert capsys.readouterr().err == f"net: left out: more than {most:g} multiply-adds: large\n"


def test_a_model_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    done = harness("import", "keras", "ResNet5O")
    assert done.returncode == 4
    assert "did you mean 'ResNet50'?" in done.stderr
    assert harness("import", "keras", tmp_path / "nosuch.keras").returncode == 4


def test_a_saved_file_that_is_no_model_is_wrong_usage(tmp_path: Path) -> None:
    done = harness("import", "keras", write(tmp_path, "junk", "junk.keras"))
    assert done.returncode == 4
    assert "junk.keras: Keras cannot read it: ValueError: " in done.stderr


def test_the_shipped_networks_are_what_the_importer_writes(tmp_path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "harness import keras $(NETWORKS) --out cases/networks" in makefile
    named = re.search(r"^NETWORKS := ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert named
    applications, _, small = named[1].partition("$(addprefix harness/studies/importers/small_models.py:,")
    models = applications.replace("\\", "").split()
    models += [f"harness/studies/importers/small_models.py:{name}" for name in small.rstrip(")").split()]
    assert len(models) == 8
    done = harness("import", "keras", *models, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    shipped = ROOT / "cases" / "networks"
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert written == {file.name: file.read_text() for file in shipped.iterdir()}


def test_networks_run_where_they_are_named_and_nowhere_else() -> None:
    names = [path.name for path in case_paths(ROOT / "cases", ROOT)]
    assert names
    assert not [name for name in names if name.startswith("networks/")]
    assert not [path for path in case_paths(ROOT, ROOT) if path.name.startswith("networks/")]
    for text in ("cases/networks", "networks/vgg16.yaml", "vgg16.yaml::224x224x3-3x3x64-same"):
        found = select([text], ROOT)
        assert found
        assert all(selector.path.name.startswith("networks/") for selector in found)
    assert {tag for case in load(case_paths(ROOT / "cases" / "networks", ROOT)) for tag in case.tags} == {"network"}
