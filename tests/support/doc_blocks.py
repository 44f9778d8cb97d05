"""Find the fenced blocks of a Markdown page, and why some of them are not run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "deploy/**/*.md", "tools/**/*.md")


class Block(NamedTuple):
    """A fenced block; `mark` is the second word after the fence, why it is not run."""

    page: str
    line: int
    language: str
    mark: str
    text: str

    def commands(self) -> list[str]:
        """The commands of a shell block, without prompts, comments and the output of a session."""
        whole = self.text.replace("\\\n", " ").splitlines()
        if self.language == "console":
            whole = [line[2:] for line in whole if line.startswith("$ ")]
        return [line for line in whole if line.strip() and not line.lstrip().startswith("#")]


def read_blocks(text: str, page: str = "page.md") -> list[Block]:
    """Return every fenced block, those in lists and quotations too."""
    fences = [token for token in MarkdownIt().parse(text) if token.type == "fence"]
    found = []
    for token in fences:
        language, _, mark = token.info.strip().partition(" ")
        line = (token.map or (0, 0))[0] + 1
        found.append(Block(page, line, language, mark.strip(), token.content))
    return found


def all_blocks() -> list[Block]:
    paths = sorted({path for pattern in PAGES for path in ROOT.glob(pattern)})
    return [
        block
        for path in paths
        for block in read_blocks(path.read_text("utf-8"), str(path.relative_to(ROOT)))
    ]
