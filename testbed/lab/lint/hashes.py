"""Which translations were made of which Korean source: hashes by file or key of a sentence."""

import hashlib
from collections.abc import Iterator, Mapping

from testbed.errors import LabProblem
from testbed.lab.folder import name_to_type
from testbed.lab.format import Locale
from testbed.lab.lint.folder import MIRRORS, SOURCE, TRANSLATIONS, Folder
from testbed.lab.text_models import TextFile
from testbed.lab.texts import PAGES, PageKind, page_file, text_file

_LENGTH = 12  # hexadecimal digits


def hashes(
    texts: Mapping[Locale, TextFile], pages: Mapping[tuple[PageKind, Locale], str], locale: Locale
) -> dict[str, str]:
    """Return a hash of every page and sentence of a language, by the page's or sentence's key."""
    found = {f"{kind}.md": text for (kind, where), text in pages.items() if where == locale}
    if locale in texts:
        found |= dict(texts[locale].sentences())
    return {key: digest(text) for key, text in found.items()}


def digest(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def stale(folder: Folder) -> Iterator[LabProblem]:
    """Yield every translation whose source has changed, or that nobody has accepted."""
    if folder.translations is None:  # told already
        return
    hint = f"compare the two, then run: testbed lab lint --accept {name_to_type(folder.path)}"
    for mirror in MIRRORS:
        accepted = folder.translations.get(mirror)
        if accepted is None:
            what = f"nobody has accepted the translation into '{mirror}' yet"
            yield LabProblem(mirror, what, hint, 0, TRANSLATIONS)
            continue
        ours = hashes(folder.texts, folder.pages, SOURCE)
        theirs = hashes(folder.texts, folder.pages, mirror)
        for key, now in ours.items():
            if key in theirs and accepted.get(key) != now:
                file, where = _place(key, mirror)
                yield LabProblem(where, _why(key in accepted), hint, 0, file)
        for key in sorted(accepted.keys() - ours.keys()):
            what = f"there is no Korean source '{key}' any more"
            yield LabProblem(mirror, what, hint, 0, TRANSLATIONS)


def _why(accepted_once: bool) -> str:
    if accepted_once:
        return "the Korean source has changed since this was translated"
    return "nobody has accepted this translation yet"


def _place(key: str, mirror: Locale) -> tuple[str, str]:
    """Return the file and the place in it of a translation."""
    for kind in PAGES:
        if key == f"{kind}.md":
            return page_file(kind, mirror), "page"
    return text_file(mirror), key
