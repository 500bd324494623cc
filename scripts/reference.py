"""Write docs/reference from the docstrings of the public surface: one page a room."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "citybrain"
TARGET = Path(__file__).parent.parent / "docs" / "reference"


def entries(body: list[ast.stmt], inside: str = "") -> Iterator[tuple[str, str]]:
    """List what is public in a module or class.

    Args:
        body: Statements of the module or class.
        inside: Name of the class, if it is one.

    Yields:
        Signature and docstring.

    """
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            yield f"{inside}{node.name}({ast.unparse(node.args)}){returns}", ast.get_docstring(node) or ""
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield f"class {inside}{node.name}", ast.get_docstring(node) or ""
            yield from entries(node.body, f"{inside}{node.name}.")


def page(room: Path) -> str:
    """Write the page of a room.

    Args:
        room: A package or module of the house.

    Returns:
        Markdown.

    """
    files = sorted(room.rglob("*.py")) if room.is_dir() else [room]
    parts = [f"# {room.stem}\n"]
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        module = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
        parts.append(f"## `{module}`\n\n{ast.get_docstring(tree) or ''}\n")
        parts += [f"### `{name}`\n\n```text\n{text}\n```\n" for name, text in entries(tree.body)]
    return "\n".join(parts)


def main() -> None:
    """Write all pages."""
    TARGET.mkdir(parents=True, exist_ok=True)
    rooms = sorted(path for path in SOURCE.iterdir() if (path / "__init__.py").exists() or path.suffix == ".py")
    for room in rooms:
        if room.name != "__init__.py":
            (TARGET / f"{room.stem}.md").write_text(page(room), encoding="utf-8")
    sys.stdout.write(f"{TARGET}: {len(rooms)} rooms\n")


if __name__ == "__main__":
    main()
