"""The blocks of an edition: sections, and one block for each kind of item.

A block's name is its item's kind (`composer.content.ITEM_KINDS`) and its template's name.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

from composer.audiences import audience_choices

TEXT_FEATURES = ["bold", "italic", "link", "ol", "ul"]


class SourceBlock(blocks.StructBlock):
    """Where an item comes from; printed at its end in the edition's language."""

    name = blocks.CharBlock(required=False, max_length=250, label=_("Name"))
    url = blocks.URLBlock(required=False, max_length=2000, label=_("Link"))
    published = blocks.DateBlock(required=False, label=_("Date"))
    licence = blocks.CharBlock(required=False, max_length=100, label=_("Licence"))

    class Meta:
        icon = "link"
        label = _("Source")


class ItemBlock(blocks.StructBlock):
    """What every kind of item has; the kinds add their own fields between text and source."""

    heading = blocks.CharBlock(required=False, max_length=250, label=_("Heading"))
    body = blocks.RichTextBlock(required=False, features=TEXT_FEATURES, label=_("Text"))

    class Meta:
        abstract = True


def _tail() -> list[tuple[str, blocks.Block]]:
    return [
        ("source", SourceBlock(required=False)),
        (
            "audience",
            blocks.ChoiceBlock(
                required=False,
                choices=audience_choices,
                label=_("Only for"),
                help_text=_("Left empty, every reader sees the item."),
            ),
        ),
        (
            "notes",
            blocks.TextBlock(
                required=False,
                rows=2,
                label=_("To check"),
                help_text=_("What the import was unsure of. Never printed; delete it when checked."),
            ),
        ),
    ]


class LeadBlock(ItemBlock):
    class Meta:
        icon = "title"
        label = _("Lead")


class StoryBlock(ItemBlock):
    picture = ImageBlock(required=False, label=_("Picture"))

    class Meta:
        icon = "doc-full"
        label = _("Story")


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


class CallBlock(ItemBlock):
    button = blocks.CharBlock(required=False, max_length=80, label=_("Button"))
    url = blocks.URLBlock(required=False, max_length=2000, label=_("Button's link"))
    deadline = blocks.DateBlock(required=False, label=_("Deadline"))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned.get("button") and not cleaned.get("url"):
            raise blocks.StructBlockValidationError(
                block_errors={"url": ValidationError(_("A button needs a link to lead to."))}
            )
        return cleaned

    class Meta:
        icon = "success"
        label = _("Call for action")


class ImprintBlock(ItemBlock):
    class Meta:
        icon = "info-circle"
        label = _("Imprint")


ITEM_BLOCKS: dict[str, type[ItemBlock]] = {
    "lead": LeadBlock,
    "story": StoryBlock,
    "list": ListItemsBlock,
    "quote": QuoteBlock,
    "call": CallBlock,
    "imprint": ImprintBlock,
}


class SectionBlock(blocks.StructBlock):
    heading = blocks.CharBlock(
        required=False, max_length=250, label=_("Heading"), help_text=_("The lead of an issue needs none.")
    )

    class Meta:
        icon = "folder-open-inverse"
        label = _("Section")


def section_block() -> SectionBlock:
    """A section with its stream of items."""
    items = blocks.StreamBlock(
        [(name, kind(_tail())) for name, kind in ITEM_BLOCKS.items()], required=False, label=_("Items")
    )
    return SectionBlock([("items", items)])
