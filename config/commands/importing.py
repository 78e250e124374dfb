"""`circular import`: contributions' files as a draft issue on the desk."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from config.instance import servers


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="circular import", description=__doc__)
    parser.add_argument("file", type=Path, nargs="+", help="files: .txt .md .html .docx .pptx .pdf")
    parser.add_argument(
        "--bulletin", required=True, metavar="SLUG", help="the bulletin's short name, as in its address"
    )
    parser.add_argument("--locale", required=True, metavar="CODE", help="the text's language, such as zh-hans or en")
    options = parser.parse_args(arguments)
    with servers():
        import django

        django.setup()
        from django.conf import settings

        from composer.drafts import NoSuchBulletin
        from composer.importing.errors import ImportRefused
        from composer.imports import Contribution, FilesRefused, import_files

        try:
            given = [Contribution(path.read_bytes(), path.name) for path in options.file]
            made = import_files(given, bulletin_slug=options.bulletin, locale=options.locale)
        except OSError as error:
            print(f"circular import: {error.filename} can't be read: {error.strerror}.", file=sys.stderr)
            return 1
        except FilesRefused as error:
            for refusal in error.refusals:
                print(f"circular import: {refusal}", file=sys.stderr)
            return 1
        except (ImportRefused, NoSuchBulletin) as error:
            print(f"circular import: {error}", file=sys.stderr)
            return 1
        print(f"“{made.page.title}” is a draft in {options.bulletin} ({options.locale}).")
        print(f"{made.items} items in {made.sections} sections; {made.to_check} of them have notes to check.")
        for note in made.notes:
            print(note)
        print(f"Edit it: {settings.BASE_URL}/desk/pages/{made.page.pk}/edit/")
    return 0
