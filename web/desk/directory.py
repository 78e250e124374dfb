"""The network on the desk: the menu of its lists."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.viewsets.model import ModelViewSetGroup

from web.desk import bulk_actions
from web.desk.custom_fields import CustomFieldViewSet
from web.desk.organisation_chooser import organisation_chooser
from web.desk.organisations import OrganisationViewSet
from web.desk.segments import SegmentViewSet
from web.desk.subscribers import SubscriberViewSet
from web.desk.suppressions import SuppressionViewSet
from web.desk.topics import TopicViewSet

__all__ = ["NetworkGroup", "bulk_actions", "register_network"]


class NetworkGroup(ModelViewSetGroup):
    menu_label = gettext_lazy("Network")
    menu_name = "network"
    menu_icon = "group"
    menu_order = 300
    submenu_hook = "register_network_menu_item"
    items = (
        SubscriberViewSet,
        OrganisationViewSet,
        SegmentViewSet,
        SuppressionViewSet,
        TopicViewSet,
        CustomFieldViewSet,
    )


@hooks.register("register_admin_viewset")
def register_network() -> list[Any]:
    return [NetworkGroup(), organisation_chooser]
