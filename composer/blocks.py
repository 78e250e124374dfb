"""The blocks of an edition: sections, and one block for each kind of item.

A block's name is its item's kind (`composer.content.ITEM_KINDS`) and its template's name; only `pair` holds two
items, stories that stand side by side.
"""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import BlockGroup
from wagtail.images.blocks import ImageBlock, ImageBlockComparison, ImageChooserBlock

from composer.audiences import grouped_choices

TEXT_FEATURES = ["bold", "italic", "link", "ol", "ul"]
PLACES = [("above", _("Above the text")), ("left", _("Left of the text")), ("right", _("Right of the text"))]


@lru_cache(maxsize=1)
def zones() -> list[tuple[str, str]]:
    """Every time zone with a place in its name, UTC first."""
    named = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in named)]


class _Untranslated:
    """For translations: what the source says stays as it is, and translators aren't asked."""

    def get_translatable_segments(self, _value: Any) -> list[Any]:
        return []

    def restore_translated_segments(self, value: Any, _segments: Any) -> Any:
        return value


class UntranslatedCharBlock(_Untranslated, blocks.CharBlock):
    """A line that is the same in every language."""


class UntranslatedTextBlock(_Untranslated, blocks.TextBlock):
    """A text that translators aren't asked for."""


class LinkBlock(blocks.URLBlock):
    """An address: the same in every language unless a translator gives another (the page in their language)."""

    def get_translatable_segments(self, value: Any) -> list[Any]:
        from wagtail_localize.segments import OverridableSegmentValue

        return [OverridableSegmentValue("", value)] if value else []

    def restore_translated_segments(self, value: Any, segments: Any) -> Any:
        return segments[0].data if segments else value


def _audience_block() -> blocks.ChoiceBlock:
    return blocks.ChoiceBlock(
        required=False,
        choices=grouped_choices,
        label=_("Audience"),
        help_text=_("Left empty, every reader sees the item."),
    )


class PictureComparison(ImageBlockComparison):
    """What two revisions show of a picture. Wagtail's own breaks where there is none."""

    def htmlvalue(self, val: Any) -> Any:
        return super().htmlvalue(val) if val else ""


class PictureBlock(ImageBlock):
    """A picture that may be left out."""

    def get_comparison_class(self) -> type[PictureComparison]:
        return PictureComparison


class SourceBlock(blocks.StructBlock):
    """Where an item comes from; printed at its end in the edition's language."""

    name = blocks.CharBlock(required=False, max_length=250, label=_("Name"))
    url = LinkBlock(required=False, max_length=2000, label=_("Link"))
    published = blocks.DateBlock(required=False, label=_("Date"))
    licence = blocks.CharBlock(required=False, max_length=100, label=_("Licence"))

    class Meta:
        icon = "link"
        label = _("Source")


class ItemBlock(blocks.StructBlock):
    """What every kind of item has; the kinds add their own fields between text and source."""

    heading = blocks.CharBlock(required=False, max_length=250, label=_("Heading"))
    body = blocks.RichTextBlock(required=False, features=TEXT_FEATURES, label=_("Text"))

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        super().__init__([*(local_blocks or ()), *_tail()], **kwargs)

    def get_form_layout(self) -> BlockGroup:
        """The item itself first; whom it is for and its labels behind the gear."""
        behind = ["audience", "topics"]
        return BlockGroup([name for name in self.child_blocks if name not in behind], settings=behind)

    class Meta:
        abstract = True


def _tail() -> list[tuple[str, blocks.Block]]:
    return [
        ("source", SourceBlock(required=False)),
        (
            "notes",
            UntranslatedTextBlock(
                required=False,
                rows=2,
                label=_("To check"),
                help_text=_("What the import was unsure of. Never printed; delete it when checked."),
            ),
        ),
        ("audience", _audience_block()),
        (
            "topics",
            UntranslatedCharBlock(
                required=False,
                max_length=250,
                label=_("Topics"),
                help_text=_("Printed as small labels. Commas between them; 12.7 or 12.7.1 is an SDG target."),
            ),
        ),
    ]


def _link_fields() -> list[tuple[str, blocks.Block]]:
    return [
        ("button", blocks.CharBlock(required=False, max_length=80, label=_("Button"))),
        ("url", LinkBlock(required=False, max_length=2000, label=_("Button's link"))),
    ]


class ButtonedBlock(ItemBlock):
    """An item with a button. The button needs an address to lead to."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        super().__init__([*(local_blocks or ()), *_link_fields()], **kwargs)

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned.get("button") and not cleaned.get("url"):
            raise _refusal(url=_("A button needs a link to lead to."))
        return cleaned

    class Meta:
        abstract = True


class LeadBlock(ItemBlock):
    class Meta:
        icon = "title"
        label = _("Lead")


class HalfStoryBlock(ItemBlock):
    picture = PictureBlock(required=False, label=_("Picture"))

    class Meta:
        icon = "doc-full"
        label = _("Story")


class StoryBlock(HalfStoryBlock):
    picture_place = blocks.ChoiceBlock(choices=PLACES, default="above", label=_("Picture's place"))

    class Meta:
        icon = "doc-full"
        label = _("Story")


class PairBlock(blocks.StructBlock):
    """Two stories side by side, one below the other on a phone. Each is an item of its own."""

    stories = blocks.ListBlock(HalfStoryBlock(), min_num=2, max_num=2, label=_("Stories"))

    class Meta:
        icon = "grip"
        label = _("Two stories side by side")


class ListItemsBlock(ItemBlock):
    entries = blocks.ListBlock(
        blocks.RichTextBlock(features=["bold", "italic", "link"]), min_num=0, default=[], label=_("Entries")
    )

    class Meta:
        icon = "list-ul"
        label = _("List")


class QuoteBlock(ItemBlock):
    speaker = blocks.CharBlock(required=False, max_length=250, label=_("Speaker"))

    class Meta:
        icon = "openquote"
        label = _("Quote")


class FigureBlock(blocks.StructBlock):
    value = blocks.CharBlock(max_length=24, label=_("Figure"), help_text=_("As it is printed: 12.5 %, 1.3 M t"))
    label = blocks.CharBlock(max_length=120, label=_("What it counts"))

    class Meta:
        icon = "order"
        label = _("Figure")


class FiguresBlock(ItemBlock):
    entries = blocks.ListBlock(FigureBlock(), min_num=1, max_num=8, label=_("Figures"))

    class Meta:
        icon = "order"
        label = _("Key figures")


class EventBlock(ButtonedBlock):
    day = blocks.DateBlock(label=_("Date"))
    start = blocks.TimeBlock(required=False, label=_("Begins at"), help_text=_("Left empty, it takes the whole day."))
    last_day = blocks.DateBlock(required=False, label=_("Last day"), help_text=_("Where it takes several days."))
    end = blocks.TimeBlock(required=False, label=_("Ends at"))
    zone = blocks.ChoiceBlock(choices=zones, default="UTC", label=_("Time zone"))
    place = blocks.CharBlock(required=False, max_length=250, label=_("Place"))
    calendar = blocks.BooleanBlock(required=False, default=True, label=_("Offer the entry for a calendar (.ics)"))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        day, last = cleaned.get("day"), cleaned.get("last_day")
        if last and day and last < day:
            raise _refusal(last_day=_("The last day is before the first."))
        if cleaned.get("end") and not cleaned.get("start"):
            raise _refusal(start=_("Say when it begins, or leave both times empty."))
        begins, ends = cleaned.get("start"), cleaned.get("end")
        if begins and ends and not _in_order(day, begins, last or day, ends):
            raise _refusal(end=_("It would end before it begins."))
        return cleaned

    class Meta:
        icon = "date"
        label = _("Event")


class CallBlock(ButtonedBlock):
    deadline = blocks.DateBlock(required=False, label=_("Deadline"))

    class Meta:
        icon = "success"
        label = _("Call for action")


class GuideBlock(ButtonedBlock):
    cover = PictureBlock(required=False, label=_("Cover"))
    details = blocks.CharBlock(
        required=False, max_length=200, label=_("Details"), help_text=_("Who made it, year, pages, format.")
    )

    class Meta:
        icon = "download"
        label = _("Guide or publication")


class PartnerBlock(blocks.StructBlock):
    name = blocks.CharBlock(
        max_length=160, label=_("Name"), help_text=_("Also what the logo says to who can't see it.")
    )
    url = LinkBlock(required=False, max_length=2000, label=_("Link"))
    logo = ImageChooserBlock(required=False, label=_("Logo"))

    class Meta:
        icon = "group"
        label = _("Partner")


class PartnersBlock(ItemBlock):
    entries = blocks.ListBlock(PartnerBlock(), min_num=1, label=_("Partners"))

    class Meta:
        icon = "group"
        label = _("Partners' logos")


class ContentsBlock(ItemBlock):
    class Meta:
        icon = "list-ol"
        label = _("Contents")
        help_text = _("Made by itself from what each reader sees.")


class DividerBlock(blocks.StructBlock):
    """A line, with nothing to say; its audience alone matters."""

    audience = _audience_block()

    class Meta:
        icon = "minus"
        label = _("Divider")


class ImprintBlock(ItemBlock):
    class Meta:
        icon = "info-circle"
        label = _("Imprint")


ITEM_BLOCKS: dict[str, type[blocks.StructBlock]] = {
    "lead": LeadBlock,
    "story": StoryBlock,
    "list": ListItemsBlock,
    "quote": QuoteBlock,
    "figures": FiguresBlock,
    "event": EventBlock,
    "call": CallBlock,
    "guide": GuideBlock,
    "partners": PartnersBlock,
    "contents": ContentsBlock,
    "divider": DividerBlock,
    "imprint": ImprintBlock,
}
PAIR = "pair"


class SectionBlock(blocks.StructBlock):
    heading = blocks.CharBlock(
        required=False, max_length=250, label=_("Heading"), help_text=_("The lead of an issue needs none.")
    )

    class Meta:
        icon = "folder-open-inverse"
        label = _("Section")


def section_block() -> SectionBlock:
    """A section with its stream of items."""
    kinds: list[tuple[str, blocks.Block]] = [(name, kind()) for name, kind in ITEM_BLOCKS.items()]
    kinds.insert(2, (PAIR, PairBlock()))
    return SectionBlock([("items", blocks.StreamBlock(kinds, required=False, label=_("Items")))])


def _in_order(first: date | None, begins: time, last: date | None, ends: time) -> bool:
    return first is None or last is None or (last, ends) > (first, begins)


def _refusal(**sentences: Any) -> blocks.StructBlockValidationError:
    return blocks.StructBlockValidationError(
        block_errors={field: ValidationError(sentence) for field, sentence in sentences.items()}
    )
