"""How SQL files become statements: comments, literals, variables."""

from pathlib import Path

import pytest

from jobs.pipeline import JobError, pipeline_folder, pipeline_names, read_pipeline, split

FILE = Path("/elsewhere/a.sql")


def texts(sql: str, **variables: str) -> list[str]:
    statements, missing = split(sql, FILE, variables)
    assert not missing
    return [s.sql for s in statements]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT 1", ["SELECT 1"]),
        (";;\n;", []),
        ("-- only; a comment", []),
        ("SELECT 'a;b'; SELECT 2", ["SELECT 'a;b'", "SELECT 2"]),
        ("SELECT 'it''s; -- not a comment'", ["SELECT 'it''s; -- not a comment'"]),
        ("SELECT `a;b` FROM `t--x`", ["SELECT `a;b` FROM `t--x`"]),
        ("SELECT 1 -- one; two\n, 2; SELECT 3", ["SELECT 1 -- one; two\n, 2", "SELECT 3"]),
        ("SELECT 1 /* ; ' */, 2; SELECT 3", ["SELECT 1 /* ; ' */, 2", "SELECT 3"]),
        ("SELECT 'a\\'; SELECT 2", ["SELECT 'a\\'", "SELECT 2"]),
        ("SELECT /*+ OPTIONS('a;b' = 'c') */ 1", ["SELECT /*+ OPTIONS('a;b' = 'c') */ 1"]),
    ],
)
def test_statements_end_at_semicolons_outside_comments_and_literals(sql: str, expected: list[str]) -> None:
    assert texts(sql) == expected


def test_each_statement_knows_its_line() -> None:
    statements, _ = split("-- title\n\nSELECT 1;\n\n  SELECT\n2", FILE, {})
    assert [s.place for s in statements] == ["/elsewhere/a.sql:3", "/elsewhere/a.sql:5"]


def test_variables_are_filled_in_and_defaults_taken() -> None:
    sql = "SELECT '${A}', '${B:-b:/;}', '${A}/${EMPTY:-}', ${N}"
    assert texts(sql, A="a", N="5") == ["SELECT 'a', 'b:/;', 'a/', 5"]
    assert texts(sql, A="a", N="5", B="c")[0].startswith("SELECT 'a', 'c'")


def test_a_quote_in_a_value_cannot_end_the_literal() -> None:
    assert texts("SELECT '${A}'", A="x' OR 'y") == ["SELECT 'x'' OR ''y'"]


def test_a_value_is_not_searched_for_variables() -> None:
    assert texts("SELECT '${A}'", A="${B}") == ["SELECT '${B}'"]


def test_variables_in_comments_are_left_alone() -> None:
    assert texts("SELECT 1 -- ${NOT_SET}\n, 2") == ["SELECT 1 -- ${NOT_SET}\n, 2"]


def test_all_missing_variables_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("SELECT 1;\nSELECT '${FIRST}';")
    (tmp_path / "2.sql").write_text("\n\nSELECT '${SECOND}', '${GIVEN}', '${SECOND}'; SELECT '$${lower'")
    with pytest.raises(JobError) as e:
        read_pipeline(tmp_path, {"GIVEN": ""})
    message = str(e.value)
    assert f"FIRST  ({tmp_path}/1.sql:2)" in message
    assert message.count(f"SECOND  ({tmp_path}/2.sql:3)") == 2
    assert "${lower' is not of the form ${NAME}" in message
    assert "GIVEN" not in message


def test_of_alternative_files_the_chosen_one_runs(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("SELECT 1;")
    (tmp_path / "2.one.sql").write_text("-- Runs when WAY is one (the default).\nSELECT 'one ${ONLY_ONE:-}';")
    (tmp_path / "2.two.sql").write_text("-- Runs when WAY is two.\nSELECT 'two ${ONLY_TWO}';")
    assert [s.sql for s in read_pipeline(tmp_path, {})] == ["SELECT 1", "SELECT 'one '"]
    assert [s.sql for s in read_pipeline(tmp_path, {"WAY": ""})] == ["SELECT 1", "SELECT 'one '"]
    assert [s.sql for s in read_pipeline(tmp_path, {"WAY": "two", "ONLY_TWO": "x"})] == ["SELECT 1", "SELECT 'two x'"]
    with pytest.raises(JobError, match="WAY is 'three'; set it to one of: one, two"):
        read_pipeline(tmp_path, {"WAY": "three"})


def test_alternatives_without_a_default_ask_for_a_choice(tmp_path: Path) -> None:
    (tmp_path / "1.a.sql").write_text("-- Runs when WAY is a.\nSELECT 1;")
    with pytest.raises(JobError, match="WAY has no value; set it to one of: a"):
        read_pipeline(tmp_path, {})


def test_an_unclosed_literal_is_named_with_its_file() -> None:
    with pytest.raises(JobError, match=r"/elsewhere/a\.sql cannot be read as SQL"):
        split("SELECT 'never closed", FILE, {})


def test_pipelines_are_the_folders_of_sql() -> None:
    assert "view_report" in pipeline_names()
    with pytest.raises(JobError, match=r"There are: .*view_report"):
        pipeline_folder("view_reprot")
    with pytest.raises(JobError):
        pipeline_folder("../jobs")


def test_a_folder_that_was_copied_without_what_it_links_to(tmp_path: Path) -> None:
    (tmp_path / "1.sql").symlink_to("../shared/1.sql")
    with pytest.raises(JobError, match=r"1\.sql is a link to a file that is not there; copy a pipeline with cp -rL"):
        read_pipeline(tmp_path, {})
