"""Files, functions and classes stay small enough to be read in one go."""

import ast
from pathlib import Path

import pytest

import citybrain

SOURCE = Path(citybrain.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "common", "misc"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_file_is_below_400_lines_its_functions_below_50_and_its_classes_below_16_methods(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    too_large = [] if len(text.splitlines()) < 400 else [f"{file.name}: {len(text.splitlines())} lines"]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            first = node.body[1 if documented and len(node.body) > 1 else 0].lineno
            lines = (node.end_lineno or first) - first + 1  # the docstring is for the reader, not to be counted
            if lines >= 50:
                too_large.append(f"{node.name}: {lines} lines")
        elif isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name[0] != "_"]
            if len(methods) > 15:
                too_large.append(f"{node.name}: {len(methods)} public methods")
    assert too_large == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [file for file in FILES if file.stem in FORBIDDEN_NAMES] == []
