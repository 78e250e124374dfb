"""The forms of an import: the file, then what its columns are and how the people are known to agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscribers.importing.reading import LARGEST_FILE
from subscribers.importing.runs import Column, Field
from subscribers.models import Consent
from web.desk.names import Choices, bulletin_titles

LONGEST_BASIS = 150  # characters: it stands in the ledger's source, beside the file's name
LONGEST_WORDS = 5_000
ADDRESS = "email"
SAMPLES = 3


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,  # the import says what is wrong with it
        error_messages={"required": gettext_lazy("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx", "aria-describedby": "circ-limits"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        size = file.size or 0
        if size > LARGEST_FILE:
            told = {"size": filesizeformat(size), "most": filesizeformat(LARGEST_FILE)}
            raise forms.ValidationError(
                _("The file has %(size)s; at most %(most)s are taken. Divide it, or leave out columns.") % told
            )
        return file


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A column as the form shows it; `remembered` where it was given this field the last time."""

    name: str
    samples: tuple[str, ...]
    field: forms.BoundField
    remembered: bool


class ColumnsForm(forms.Form):
    """A choice for each column, and the options of the import."""

    bulletin = forms.ChoiceField(
        label=gettext_lazy("Subscribe them to"),
        required=False,
        help_text=gettext_lazy("Whoever left this bulletin before stays out, and nobody suppressed is written to."),
    )
    basis = forms.CharField(
        label=gettext_lazy("How we know that they agree"),
        required=False,
        max_length=LONGEST_BASIS,
        help_text=gettext_lazy(
            "Kept with each person’s consent as its proof: “ticked the box at the registration of the annual meeting, "
            "3 March 2026”."
        ),
    )
    words = forms.CharField(
        label=gettext_lazy("The words they agreed to"),
        required=False,
        max_length=LONGEST_WORDS,
        help_text=gettext_lazy("As they stood on the form or page, if you have them."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    measure = forms.MultipleChoiceField(
        label=gettext_lazy("They also agreed that"),
        required=False,
        choices=[
            (Consent.Purpose.OPEN.value, gettext_lazy("opens are measured")),
            (Consent.Purpose.CLICK.value, gettext_lazy("clicks are measured")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of new people, where the file has none"),
        choices=settings.LANGUAGES,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        columns: Sequence[Column],
        fields: Sequence[Field],
        mapping: Sequence[str],
        remembered: frozenset[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = tuple(columns)
        self.remembered = remembered
        choices = _grouped(fields)
        self._labels = {field.name: field.label for field in fields}
        for place, column in enumerate(columns):
            guess = mapping[place] if place < len(mapping) else column.field
            self.fields[_key(place)] = forms.ChoiceField(
                choices=choices, required=False, initial=guess, label=column.name
            )
        titles: Choices = [(str(key), title) for key, title in bulletin_titles().items()]
        bulletin: Any = self.fields["bulletin"]
        bulletin.choices = [("", _("No bulletin: only into the directory")), *titles]

    @property
    def lines(self) -> list[ColumnLine]:
        return [
            ColumnLine(
                name=column.name,
                samples=tuple(dict.fromkeys(filter(None, column.samples)))[:SAMPLES],
                field=self[_key(place)],
                remembered=bool(column.field) and column.name.strip().casefold() in self.remembered,
            )
            for place, column in enumerate(self.columns)
        ]

    @property
    def agreement(self) -> list[forms.BoundField]:
        return [self[name] for name in ("bulletin", "basis", "words", "measure")]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self["language"]]

    @property
    def mapping(self) -> list[str]:
        return [self.cleaned_data.get(_key(place), "") for place in range(len(self.columns))]

    @property
    def options(self) -> dict[str, Any]:
        told = {name: self.cleaned_data[name] for name in ("bulletin", "basis", "words", "measure", "language")}
        if not told["bulletin"]:  # what they agreed to says nothing without a bulletin
            told |= {"basis": "", "words": "", "measure": []}
        return told

    def clean_basis(self) -> str:
        return " ".join(self.cleaned_data["basis"].split())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        taken: dict[str, str] = {}
        for place, column in enumerate(self.columns):
            name = cleaned.get(_key(place), "")
            if name and name in taken:
                self.add_error(
                    _key(place),
                    _("“%(column)s” is “%(field)s” already. Leave one of the two out.")
                    % {"column": taken[name], "field": self._labels[name]},
                )
            elif name:
                taken[name] = column.name
        if ADDRESS not in taken:
            self.add_error(None, _("Say which column has the addresses: without one nobody can be told from another."))
        if cleaned.get("bulletin") and not cleaned.get("basis") and "basis" not in self.errors:
            self.add_error("basis", _("Say how we know that these people agree: it is kept with each consent."))
        return cleaned


def _key(place: int) -> str:
    return f"column-{place}"


def _grouped(fields: Sequence[Field]) -> list[Any]:
    """The choices of a column, by group, in the order given."""
    groups = [
        (group, [(field.name, field.label) for field in of_group])
        for group, of_group in groupby(fields, key=lambda field: field.group)
    ]
    return [("", _("Leave out")), *groups]
