from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.deploy.models.quantize.rows import Row, apart, choose, digest, read_rows, write_rows
from terragate.tests.support.quantizing import write_rows as sample
from terragate.tools.errors import UsageError


def rows_of(domain, count):
    return [Row(system="s", user=f"{domain} {n}", answer="a", domain=domain) for n in range(count)]


def test_rows_are_read_with_their_domain(tmp_path):
    rows = read_rows(sample(tmp_path / "rows.jsonl", 3, domain="geo"))
    assert [row.domain for row in rows] == ["geo"] * 3
    assert rows[1].answer == '{"tool":"find_place","place":"Oslo"}'
    assert read_rows(sample(tmp_path / "plain.jsonl", 1))[0].domain == "all"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 1 .* is no JSON"),
        ("[" * 100_000, "line 1 .* is no JSON"),
        ("[]", "line 1 .* is no row"),
        ('{"system": "s", "user": "u"}', "line 1 .* is no row"),
        ('{"system": "s", "user": "u", "answer": 3}', "line 1 .* is no row"),
        ('{"system": "s", "user": "u", "answer": ""}', "empty answer"),
        ('{"system": "s", "user": "u", "answer": "a", "domain": 3}', "domain 3"),
        ('{"system": "s", "user": "\\ud800", "answer": "a"}', "half a character"),
        ("\n\n", "holds no rows"),
    ],
)
def test_lines_that_are_no_rows(tmp_path, line, words):
    path = tmp_path / "rows.jsonl"
    path.write_text(line)
    with pytest.raises(UsageError, match=words):
        read_rows(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="cannot read rows"):
        read_rows(tmp_path / "nowhere")
    (tmp_path / "latin").write_bytes(b'{"system": "\xff"}')
    with pytest.raises(UsageError, match="cannot read rows"):
        read_rows(tmp_path / "latin")


def test_domains_are_chosen_alike_and_the_rare_one_whole():
    rows = rows_of("geo", 1000) + rows_of("rtl", 1000) + rows_of("rare", 3)
    counts = Counter(row.domain for row in choose(rows, 103, seed=1))
    assert counts == {"rare": 3, "geo": 50, "rtl": 50}


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 40)), st.integers(1, 60), st.integers()
)
def test_choosing_takes_each_row_once_and_as_many_as_wanted(sizes, count, seed):
    rows = [row for name, size in sizes.items() for row in rows_of(name, size)]
    chosen = choose(rows, count, seed)
    assert len(chosen) == min(count, len(rows))
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(rows)
    assert chosen == choose(rows, count, seed)


def test_rows_that_were_seen_are_left_out_whatever_their_domain():
    rows = rows_of("geo", 3)
    seen = [rows[1].model_copy(update={"domain": "all"})]
    assert apart(rows, seen) == [rows[0], rows[2]]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_is_written_is_read_again(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows = [Row(system=text, user=text, answer=text, domain="geo")]
    write_rows(path, rows)
    assert read_rows(path) == rows
    assert digest(rows) == digest(read_rows(path))
    assert digest(rows) != digest(rows * 2)
