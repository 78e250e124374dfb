"""What happens when a workflow has ended well. Wagtail imports this before its own models are there."""

from __future__ import annotations

from typing import Any


def finish_workflow(workflow_state: Any, user: Any = None) -> None:
    """An edition isn't published by being approved; any other page is, as Wagtail has it.

    Approved means that the issue may be sent; its public page comes with the sending.
    """
    from wagtail.workflows import publish_workflow_state

    from composer.workflow import is_edition

    if not is_edition(workflow_state.content_object):
        publish_workflow_state(workflow_state, user=user)
