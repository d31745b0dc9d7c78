"""What a caller asks for: a tree of names, so that the data layer selects just that and loads each level once."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list: at most ``first`` after the opaque cursor ``after``."""

    first: int
    after: str | None = None


def page(first: int | None, usual: int, after: str | None) -> Page:
    """Return the page that a caller names; ``usual`` is its length where they don't say."""
    return Page(usual if first is None else first, after)


@dataclass(slots=True)
class Want:
    """The fields asked of one object, what is asked of its parts, and of its lists page by page."""

    names: set[str] = field(default_factory=set)
    parts: dict[str, "Want"] = field(default_factory=dict)
    pages: dict[str, dict[Page, "Want"]] = field(default_factory=dict)

    def any_of(self, *names: str) -> bool:
        return not self.names.isdisjoint(names)

    def part(self, name: str) -> "Want":
        """Return what is asked of one part; nothing where the part is not asked for."""
        return self.parts.get(name, _NOTHING)

    def of_nodes(self) -> "Want":
        """Return what a connection's selection asks of each node, through ``nodes`` and through ``edges``."""
        return merged(self.part("nodes"), self.part("edges").part("node"))

    def wants_cursors(self) -> bool:
        return "cursor" in self.part("edges").names or self.part("page_info").any_of("start_cursor", "end_cursor")


_NOTHING = Want()


def merged(*wants: Want) -> Want:
    """Return one want that asks for all that each of ``wants`` does."""
    whole = Want()
    for want in wants:
        whole.names |= want.names
        for name, part in want.parts.items():
            whole.parts[name] = merged(whole.parts[name], part) if name in whole.parts else part
        for name, pages in want.pages.items():
            kept = whole.pages.setdefault(name, {})
            for page, part in pages.items():
                kept[page] = merged(kept[page], part) if page in kept else part
    return whole


def asking(*names: str, **parts: Want) -> Want:
    """Return a want written by hand, for a job or another operation."""
    return Want(names={*names, *parts}, parts=dict(parts))
