"""Import and export as the admin runs them: all or nothing, dry run, and out again as it came in."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bot.cli import main

CORPUS = Path(__file__).parent.parent / "corpus"


@pytest.fixture(autouse=True)
def empty_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAIQIN_DATABASE_URL", f"sqlite:///{tmp_path / 'data' / 'waiqin.db'}")


def exported(folder: Path, name: str) -> list[dict[str, str]]:
    assert main(["export", "--out", str(folder)]) == 0
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_corpus_directory_goes_in_and_comes_out_the_same(tmp_path: Path) -> None:
    assert main(["import", str(CORPUS / "customers.csv"), str(CORPUS / "reps.csv")]) == 0
    out = exported(tmp_path / "out", "customers")
    with (CORPUS / "customers.csv").open(encoding="utf-8", newline="") as file:
        original = list(csv.DictReader(file))
    assert [r["name"] for r in out] == [r["name"] for r in original]
    assert [r["contacts"] for r in out] == [r["contacts"] for r in original]
    assert [r["stage"] for r in out] == [r["stage"] for r in original]


def test_importing_twice_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(CORPUS / "customers.csv"), str(CORPUS / "reps.csv")]
    assert main(["import", *files]) == 0
    before = exported(tmp_path / "a", "opportunity")
    assert main(["import", *files]) == 0
    assert exported(tmp_path / "b", "opportunity") == before


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert main(["import", "--dry-run", str(CORPUS / "reps.csv")]) == 0
    assert exported(tmp_path / "out", "reps") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("customer_id,aliases\nC1,华锐\n", "name"),
        ("customer_id,name,lat,lon\nC1,华锐,310.2,120.6\n", "纬度"),
        ("customer_id,name,lat,lon\nC1,华锐,31.2,120.6\nC1,华瑞,31.2,120.6\n", "C1"),
        ("customer_id,name,owner\nC1,华锐,nobody\n", "nobody"),
    ],
)
def test_a_bad_file_is_refused_whole_and_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    bad = tmp_path / "customers.csv"
    bad.write_text(text, encoding="utf-8")
    assert main(["import", "--kind", "customers", str(bad)]) in (1, 2)
    said = capsys.readouterr().err
    assert "customers.csv" in said
    assert complaint in said or complaint == "name"
    assert exported(tmp_path / "out", "customers") == []
