"""Every kind of mistake in a case file, with its place."""

from pathlib import Path
from typing import Final

import pytest

from harness.errors import InvalidInputError, NothingMatchedError, Problem
from harness.spec.case import Rule
from harness.spec.casefile import CasePath, load, read_file
from harness.tests.cases import SIZES, case_file, entry, load_text, names

TOGETHER: Final = "profile: rtol and atol come together, and with a reason"
WOULD_HAVE: Final = "out_backprop would have"


def column(line: str, word: str) -> int:
    """The column, from 1, of the first place where `word` stands."""
    return line.index(word) + 1


def test_problems_name_the_file_from_where_the_caller_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    file = tmp_path / "below" / "x.yaml"
    file.write_text("a: [")
    monkeypatch.chdir(tmp_path)
    assert read_file(CasePath("x.yaml", file))[1][0].file == "below/x.yaml"
    monkeypatch.chdir(tmp_path / "below")
    assert read_file(CasePath("x.yaml", file))[1][0].file == "x.yaml"
    monkeypatch.chdir("/")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert read_file(CasePath("x.yaml", file))[1][0].file == file.as_posix()


def test_a_problem_is_written_as_compilers_write_it() -> None:
    assert str(Problem("a/b.yaml", 3, 14, "what is wrong")) == "a/b.yaml:3:14: what is wrong"


def test_an_error_keeps_a_line_for_each_problem() -> None:
    error = InvalidInputError([Problem("a.yaml", 1, 2, "x"), "b: y"])
    assert error.lines == ("a.yaml:1:2: x", "b: y")
    assert error.findings == (Problem("a.yaml", 1, 2, "x"), "b: y")
    assert str(error) == "a.yaml:1:2: x\nb: y"
    assert issubclass(NothingMatchedError, Exception)


@pytest.mark.parametrize(
    ("line", "word", "message"),
    [
        # names
        (entry("stride: 2"), "stride:", "unknown key 'stride'; did you mean 'strides'?"),
        (entry("Strides: 2"), "Strides:", "unknown key 'Strides'; did you mean 'strides'?"),
        (entry("dtyp: half"), "dtyp:", "unknown key 'dtyp'; did you mean 'dtype'?"),
        (entry("xyzzy: 1"), "xyzzy:", "unknown key 'xyzzy'"),
        (entry("<<: {strides: 1}"), "<<:", "unknown key '<<'"),
        # other libraries' words
        (entry("output_padding: 1"), "output_padding",
         ("unknown key 'output_padding': write the extents of what comes out as input_sizes, the output padding "
         "included (C10)")),
        (entry("groups: 2"), "groups", "unknown key 'groups': write the filter's third extent as C/G (C8)"),
        ("- {id: a, output_shape: [1, 5, 6, 2], filter: [3, 3, 2, 3], padding: SAME}", "output_shape",
         "unknown key 'output_shape': write the extents of what comes out as input_sizes (C10, C15)"),
        ("- {id: a, input_sizes: [1, 5, 6, 2], kernel_size: 3, padding: SAME}", "kernel_size",
         "unknown key 'kernel_size': write filter: [height, width, C/G, K], with K the channels of out_backprop"),
        (f"- {{id: a, {SIZES}, auto_pad: SAME_LOWER}}", "auto_pad",
         ("unknown key 'auto_pad': write padding: SAME for SAME_UPPER; for SAME_LOWER write [[top, bottom], "
         "[left, right]], each odd pixel before and not after (C4)")),
        (f"- {{id: a, {SIZES}, pads: [1, 1, 1, 1]}}", "pads",
         "unknown key 'pads': write padding: [[top, bottom], [left, right]]; ONNX has [top, left, bottom, right]"),
        (entry("dilation: 2"), "dilation", "unknown key 'dilation'; did you mean 'dilations'?"),
        (entry("matrix: {dilation_rate: [2]}"), "dilation_rate",
         "unknown key 'dilation_rate': write dilations, where 1 is none (oneDNN counts from 0)"),
        (entry("profile: {groups: 1}"), "groups", "unknown key 'groups'"),
        (entry(padding=", padding: SAME_UPPER"), "SAME_UPPER",
         "a: padding: 'SAME_UPPER' is not one of SAME, VALID, EXPLICIT; write SAME"),
        (entry(padding=", padding: SAME_LOWER"), "SAME_LOWER",
         ("a: padding: 'SAME_LOWER' is not one of SAME, VALID, EXPLICIT; write [[top, bottom], [left, right]], each "
         "odd pixel before and not after (C4)")),
        *[(entry(padding=f", padding: {said}"), f"{said}}}",
           f"padding: {said} is not SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]{instead}")
          for said, instead in [("1", "; write [[1, 1], [1, 1]]"), ("[1, 2]", "; write [[1, 1], [2, 2]]"),
                                ("[1, 2, 3, 4]", "; write [[1, 3], [2, 4]], if that was ONNX's order"),
                                ("[1, 2, 3]", ""), ("true", "")]],
        (entry("matrix: {strids: [1]}"), "strids:", "unknown key 'strids'; did you mean 'strides'?"),
        (entry("matrix: {data: [[wide]]}"), "data:", "unknown key 'data'; did you mean 'data_format'?"),
        (entry("matrix: {strides: [1]}, exclude: [{pading: SAME}]"), "pading:",
         "unknown key 'pading'; did you mean 'padding'?"),
        (entry("profile: {rtoll: 1}"), "rtoll:", "unknown key 'rtoll'; did you mean 'rtol'?"),
        (f"- {{{SIZES}, padding: SAME}}", "{input", "missing key 'id'"),
        # types
        ("- 5", "5", "a mapping is needed here, not 5"),
        ("- [a]", "[a]", "a mapping is needed here, not ['a']"),
        (entry("matrix: [1]"), "[1]", "a mapping is needed here, not [1]"),
        (entry("profile: x"), "x}", "a mapping is needed here, not 'x'"),
        (entry(name="010"), "010", "id: input should be a valid string, not 10"),
        (entry(name="true"), "true", "id: input should be a valid string, not true"),
        (entry(name="'a b'"), "'a b'", "'a b': only letters, digits, '.', '_' and '-' are used here"),
        (entry(name="a::b"), "a::b", "'a::b': only letters, digits, '.', '_' and '-' are used here"),
        (entry(name="''"), "''", "'': only letters, digits, '.', '_' and '-' are used here"),
        (entry("tags: [a b]"), "a b", "'a b': only letters, digits, '.', '_' and '-' are used here"),
        (entry("description: 5"), "5}", "description: input should be a valid string, not 5"),
        (entry("covers: C1"), "C1", "covers: input should be a valid list, not 'C1'"),
        (entry("strides: x"), "x}",
         "strides: 'x' is not an integer, [height, width], or four integers in data_format's order"),
        (entry("strides: true"), "true",
         "strides: true is not an integer, [height, width], or four integers in data_format's order"),
        (entry("strides: 1.5"), "1.5",
         "strides: 1.5 is not an integer, [height, width], or four integers in data_format's order"),
        (entry("strides: [1, x]"), "[1, x]",
         "strides: [1, 'x'] is not an integer, [height, width], or four integers in data_format's order"),
        (entry("strides: 9223372036854775808"), "922",
         "strides: 9223372036854775808 is too large: the limit is 2**63 - 1"),
        (entry("out_backprop: [1, 99999999999999999999, 4, 1]"), "[1, 99",
         "out_backprop: 99999999999999999999 is too large: the limit is 2**63 - 1"),
        (entry("strides: [1, -9223372036854775809]"), "[1, -9",
         "strides: -9223372036854775809 is too large: the limit is -2**63"),
        (entry("out_backprop: [1, ~]"), "[1, ~]",
         "out_backprop: [1, null] is not a list of integers such as [2, 9, 9, 3]"),
        (entry("matrix: {strides: 1}"), "1}}", "strides: input should be a valid list, not 1"),
        (entry("matrix: {strides: [1, x]}"), "x]",
         "strides: 'x' is not an integer, [height, width], or four integers in data_format's order"),
        (entry("matrix: {strides: []}"), "[]", "strides must not be empty"),
        (entry("out_backprop: 5"), "5}", "out_backprop: 5 is not a list of integers such as [2, 9, 9, 3]"),
        (entry("out_backprop: [1.5]"), "[1.5]", "out_backprop: [1.5] is not a list of integers such as [2, 9, 9, 3]"),
        (entry("explicit_paddings: [true]"), "[true]",
         "explicit_paddings: [true] is not a list of integers such as [2, 9, 9, 3]"),
        (entry("dtype: 5"), "5}", "dtype: 5 is not a type's name or a list of them"),
        (entry("dtype: []"), "[]", "dtype: [] is not a type's name or a list of them"),
        (entry("dtype: [half, 1]"), "[half, 1]", "dtype: ['half', 1] is not a type's name or a list of them"),
        (entry("data_format: [1]"), "[1]", "data_format: [1] is not NHWC, NCHW or a list of them"),
        (entry("matrix: {dtype: [[half]]}"), "[half]", "dtype: ['half'] is not a type's name"),
        (entry("matrix: {data_format: [[NHWC]]}"), "[NHWC]", "data_format: ['NHWC'] is not NHWC or NCHW"),
        (entry("data: []"), "[]", "data must not be empty"),
        # spellings
        (entry("expect: reject"), "reject}", "'reject' is not one of 'conforms' or 'rejects'; did you mean 'rejects'?"),
        (entry("data: [norml]"), "norml",
         ("'norml' is not one of 'witness', 'normal', 'positive', 'wide', 'special', 'tiny', 'huge', 'cancel', "
         "'zeros', 'opposed' or 'wrap'; did you mean 'normal'?")),
        (entry("dtype: flaot32"), "flaot32",
         "a: dtype: 'flaot32' is not one of half, bfloat16, float32, float64, int32; did you mean 'float32'?"),
        (entry("data_format: NHCW"), "NHCW", "a: data_format: 'NHCW' is not one of NHWC, NCHW; did you mean 'NHWC'?"),
        # profiles
        (entry("profile: {rtol: -1.0}"), "-1.0", "rtol: input should be greater than or equal to 0, not -1.0"),
        (entry("profile: {atol: .inf}"), ".inf", "atol: input should be a finite number, not inf"),
        (entry("profile: {atol: .nan}"), ".nan", "atol: input should be a finite number, not nan"),
        (entry("profile: {atol: x}"), "x}", "atol: input should be a valid number, not 'x'"),
        (entry("profile: {reason: short}"), "short", "reason: string should have at least 10 characters, not 'short'"),
        (entry("profile: {float32_accumulator: 1}"), "1}}",
         "float32_accumulator: input should be a valid boolean, not 1"),
        (entry("profile: {rtol: 1}"), "{rtol", f"a: {TOGETHER}"),
        (entry("profile: {atol: 1, reason: as I say so}"), "{atol", f"a: {TOGETHER}"),
        (entry("profile: {rtol: 0.1, atol: 0.1}"), "{rtol", f"a: {TOGETHER}"),
        (entry("profile: {reason: as I say so}"), "{reason", f"a: {TOGETHER}"),
        # what the numbers mean
        (entry("strides: [1, 2, 3]"), "[1, 2, 3]", "a: C11: strides takes an integer, two or four of them, not 3"),
        (entry("explicit_paddings: [1]"), "SAME",
         "a: C12: explicit_paddings goes with padding EXPLICIT and with no other, not with SAME"),
        (entry("out_backprop: [1, 4, 4, 4]"), "[1, 4, 4, 4]", "a: C3: out_backprop [1, 4, 4, 4] must be [1, 4, 5, 3]"),
        ("- {id: a, input_sizes: [1, 4, 4, 5], filter: [2, 2, 2, 3], padding: SAME}", "[2, 2, 2, 3]",
         "a: C8: 5 input channels are no multiple of the filter's third extent 2"),
        ("- {id: a, input_sizes: [1, 2, 4, 2], filter: [4, 2, 2, 3], padding: VALID}", "[4, 2, 2, 3]",
         f"a: C3: a filter of height 4 does not fit an input of height 2 under VALID: {WOULD_HAVE} -1 positions"),
        ("- {id: a, input_sizes: [1, 2, 4, 2], filter: [2, 2, 2, 3]}", "{id",
         "a: padding is missing: one of SAME, VALID, EXPLICIT or [[top, bottom], [left, right]]"),
        (entry("data: [wide], dtype: int32"), "[wide]", "a: data: int32 has none of wide; it has witness, wrap"),
        (entry("data: [wrap]"), "[wrap]",
         ("a: data: float32 has none of wrap; it has cancel, huge, normal, opposed, positive, "
         "special, tiny, wide, witness, zeros")),
        # YAML
        (entry("strides: 1, strides: 2"), "strides: 2", "duplicate key 'strides'"),
        (entry("strides: !two 2"), "!two", "tag '!two': tags are not used here"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_at_its_place(line: str, word: str, message: str, tmp_path: Path) -> None:
    found, problems = load_text(tmp_path, case_file(line))
    assert problems == [f"3:{column(line, word)}: {message}"]
    assert found == []


def test_rules_are_spelled_from_c1_to_c16(tmp_path: Path) -> None:
    line = entry("covers: [C1, C17, c2]")
    _, problems = load_text(tmp_path, case_file(line))
    rules = ", ".join(f"'C{number}'" for number in range(1, 16))
    assert problems == [
        f"3:{column(line, 'C17')}: 'C17' is not one of {rules} or 'C16'; did you mean 'C7'?",
        f"3:{column(line, 'c2')}: 'c2' is not one of {rules} or 'C16'; did you mean 'C2'?",
    ]
    assert [rule.value for rule in Rule] == [f"C{number}" for number in range(1, 17)]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("5", ["1:1: a mapping is needed here, not 5"]),
        ("[1]", ["1:1: a mapping is needed here, not [1]"]),
        ("", ["1:1: the file is empty"]),
        ("op: Conv2DBackpropInput\n", ["1:1: missing key 'cases'"]),
        ("op: Conv2DBackpropInput\ncases: []\n", ["2:8: cases must not be empty"]),
        ("op: Conv2DBackpropInput\ncases: abc\n", ["2:8: cases: input should be a valid list, not 'abc'"]),
        ("op: Conv2DBackpropInput\ncases: {a: b}\n", ["2:8: cases: input should be a valid list, not {'a': 'b'}"]),
        ("op: Conv2DBackpropInput\ncases: ~\n", ["2:8: cases: input should be a valid list, not null"]),
        (f"cases:\n{entry()}\n", ["1:1: missing key 'op'"]),
        (f"op: Conv2D\ncases:\n{entry()}\n",
         ["1:5: 'Conv2D' is not 'Conv2DBackpropInput', the only op there is"]),
        (f"op: Conv2DBackpropFilter\ncases:\n{entry()}\n",
         ["1:5: 'Conv2DBackpropFilter' is not 'Conv2DBackpropInput', the only op there is"]),
        (f"op: Conv2DBackpropInput\ncase: []\ncases:\n{entry()}\n", ["2:1: unknown key 'case'; did you mean 'cases'?"]),
        (f"op: Conv2DBackpropInput\ndefaults: 5\ncases:\n{entry('x: 1')}\n",
         ["2:11: a mapping is needed here, not 5", f"4:{column(entry('x: 1'), 'x: 1')}: unknown key 'x'"]),
        ("op: Conv2DBackpropInput\ndefaults: {stride: 1}\n",
         ["2:12: unknown key 'stride'; did you mean 'strides'?", "1:1: missing key 'cases'"]),
    ],
)  # fmt: skip
def test_a_mistake_of_the_whole_file_is_said(text: str, problems: list[str], tmp_path: Path) -> None:
    found, said = load_text(tmp_path, text)
    assert said == problems
    assert found == []


@pytest.mark.parametrize("text", ["~", "null", "---", "--- # nothing"])
def test_a_file_that_holds_nothing_but_null_is_a_mistake(text: str, tmp_path: Path) -> None:
    found, problems = load_text(tmp_path, text)
    assert found == []
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("key", "value"), [("strides", "0"), ("strides", "[1, -1]"), ("dilations", "0"), ("padding", "[[0, -1], [0, 0]]")]
)
def test_a_number_that_cannot_be_is_said_where_it_stands(key: str, value: str, tmp_path: Path) -> None:
    values = {"input_sizes": "[1, 4, 4, 2]", "filter": "[2, 2, 2, 3]", "padding": "SAME"} | {key: value}
    lines = ["- id: a", *(f"  {name}: {said}" for name, said in values.items())]
    _, problems = load_text(tmp_path, case_file(*lines))
    line = 4 + list(values).index(key)
    assert problems
    assert all(problem.startswith(f"{line}:{len(key) + 5}: a: C1") for problem in problems)


def test_an_extent_of_the_input_that_cannot_be_is_said_where_it_stands(tmp_path: Path) -> None:
    line = "- {id: a, input_sizes: [1, -4, 4, 2], filter: [2, 2, 2, 3], padding: SAME}"
    _, problems = load_text(tmp_path, case_file(line))
    assert [problem.split(": ")[0] for problem in problems] == [f"3:{column(line, '[1, -4')}"]


def test_duplicate_ids_are_said_once(tmp_path: Path) -> None:
    _, problems = load_text(tmp_path, case_file(entry(), entry(name="b"), entry()))
    assert problems == ["5:8: duplicate id 'a'; line 3 has it"]


def test_duplicate_ids_on_one_line_are_duplicate_ids(tmp_path: Path) -> None:
    text = f"op: Conv2DBackpropInput\ncases: [{entry()[2:]}, {entry('matrix: {strides: [1]}')[2:]}]\n"
    _, problems = load_text(tmp_path, text)
    assert problems == [f"2:{text.splitlines()[1].rindex('id: a') + 5}: duplicate id 'a'; line 2 has it"]


def test_duplicate_ids_are_said_whether_their_cases_differ_or_not(tmp_path: Path) -> None:
    lines = [
        entry("matrix: {strides: [1, 2]}"),
        entry("matrix: {dtype: [half]}"),
        entry("strids: 1"),
        entry("dtype: x"),
    ]
    _, problems = load_text(tmp_path, case_file(*lines))
    said = [problem for problem in problems if "duplicate" in problem]
    assert said == [f"{line}:8: duplicate id 'a'; line 3 has it" for line in (4, 5, 6)]
    assert len(problems) == 5


def test_what_is_wrong_in_one_case_does_not_hide_what_is_wrong_in_the_next(tmp_path: Path) -> None:
    lines = [
        entry("stride: 2", "one"),
        "- 5",
        entry("dtype: x, padding: SAMEE", "two"),
        entry(name="three"),
        entry("padding: VALID, out_backprop: [1]", "four"),
    ]
    _, problems = load_text(tmp_path, case_file(*lines))
    assert [problem.split(":")[0] for problem in problems] == ["3", "4", "5", "5", "5", "7", "7"]
    assert problems == sorted(problems, key=lambda problem: [int(number) for number in problem.split(":")[:2]])


def test_a_mistake_in_the_defaults_does_not_hide_those_in_the_cases(tmp_path: Path) -> None:
    lines = [entry("dtype: x", "a"), entry("covers: [C99]", "b")]
    _, problems = load_text(tmp_path, case_file(*lines, defaults="{xyzzy: [x], strides: 1}"))
    assert [problem.split(":")[0] for problem in problems] == ["2", "4", "5"]


def test_a_mistake_in_the_defaults_is_not_said_again_of_every_case(tmp_path: Path) -> None:
    """A padding misspelled in the defaults is no missing padding in the cases that rely on it."""
    bare = "input_sizes: [1, 4, 4, 2], filter: [2, 2, 2, 3]"
    lines = [f"- {{id: a, {bare}}}", f"- {{id: b, {bare}, dtype: x}}", f"- {{id: c, {bare}, padding: SAME, dtype: x}}"]
    _, problems = load_text(tmp_path, case_file(*lines, defaults="{pading: SAME}"))
    assert problems == [
        "2:12: unknown key 'pading'; did you mean 'padding'?",
        f"5:{column(lines[1], 'x}')}: b: dtype: 'x' is not one of half, bfloat16, float32, float64, int32",
        f"6:{column(lines[2], 'x}')}: c: dtype: 'x' is not one of half, bfloat16, float32, float64, int32",
    ]


def test_all_problems_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    texts = {
        "a.yaml": "a: [",
        "b.yaml": case_file(entry("stride: 1"), entry("dtype: x", "b")),
        "c.yaml": case_file(entry()),
    }
    paths = []
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        paths.append(CasePath(name, tmp_path / name))
    missing = CasePath("none.yaml", tmp_path / "none.yaml")
    with pytest.raises(InvalidInputError) as raised:
        load([*paths, missing])
    shown = [line.rpartition("/")[2] for line in raised.value.lines]
    assert [line.split(":")[0] for line in shown] == ["a.yaml", "b.yaml", "b.yaml", "none.yaml"]
    assert shown[-1] == "none.yaml:0:0: cannot be read: No such file or directory"
    assert names(load([paths[2]])) == ["a"]


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    _, problems = read_file(CasePath("x", tmp_path))
    assert [problem.message for problem in problems] == ["cannot be read: Is a directory"]
