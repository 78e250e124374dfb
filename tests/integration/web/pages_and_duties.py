"""Which duty of the table of roles opens which page of ours below /desk/; a new page needs a line here."""

from __future__ import annotations

ANYBODY = "anybody"  # without an account
EVERYBODY = "everybody"  # on the desk, whatever the role

OURS: dict[str, str] = {
    "wagtailadmin_login": ANYBODY,
    "wagtailadmin_password_reset": ANYBODY,
    "wagtailadmin_password_reset_confirm": ANYBODY,
    "circular_roles": EVERYBODY,
    "wagtailadmin_account": EVERYBODY,
    # Issues
    "circular_issues": "read issues",
    "circular_issue": "read issues",
    "circular_issue_checks": "read issues",
    "circular_issue_check_links": "edit issues",
    "circular_issue_follow": "edit issues",
    "circular_issue_fix": "edit issues",
    "circular_issue_items": "read issues",  # says to others that they may not, and changes nothing
    "circular_issue_preview": "read issues",
    "circular_issue_sources": "read issues",
    "circular_issue_pdf": "read issues",
    "circular_issue_variants": "read issues",
    "circular_issue_ask": "read issues",  # the same
    "circular_issue_unask": "read issues",  # the same
    "circular_translation_take": "read issues",  # the same
    "circular_translation_save": "read issues",  # the same
    "circular_sign_up": "read issues",
    "circular_issue_start": "write issues",
    "circular_import": "edit issues",  # into a new issue: who may begin one
    "SubmitEdition": "write issues",
    "circular_form_checks": "edit issues",
    "circular_live_preview": "edit issues",
    "circular_live_preview_new": "write issues",
    "circular_issue_test": "edit issues",
    "circular_issue_invite": "invite",
    "circular_invitation_end": "invite",
    "circular_issue_approve": "approve",
    "circular_issue_changes": "approve",
    "circular_issue_send": "send",
    "circular_readers": "see people",
    # Pictures and documents
    "circular_picture": "edit issues",
    "circular_picture_delete": "keep the desk",
    "circular_picture_undo": "keep the desk",
    "circular_document_delete": "keep the desk",
    "circular_document_undo": "keep the desk",
    # Operations
    "circular_operations": "watch",
    "circular_operations_live": "watch",
    "circular_dispatch": "watch",
    "circular_dispatch_live": "watch",
    "circular_dispatch_deliveries": "watch",
    "circular_dispatch_domains": "watch",
    "circular_dispatch_accounts": "watch",
    "circular_dispatch_doubts": "operate",
    "circular_dispatch_pause": "operate",
    "circular_dispatch_resume": "operate",
    "circular_dispatch_cancel": "operate",
    "circular_dispatch_leave_out": "operate",
    "circular_dispatch_open_rest": "operate",
    "circular_dispatch_cancel_rest": "operate",
    "circular_dispatch_resend": "send",
    "circular_dispatch_follow_up": "send",
    "circular_schedule": "watch",
    "circular_schedule_send": "send",
    "circular_schedule_move": "send",
    "circular_schedule_cancel": "send",
    "circular_paces": "set paces",
    "circular_pace": "set paces",
    "circular_pace_new": "set paces",
    "circular_pace_delete": "set paces",
    "circular_pace_sentence": "set paces",
    "circular_pace_end_rest": "set paces",
    "circular_signing_keys": "keep signing keys",
    "circular_signing_key_new": "keep signing keys",
    "circular_signing_key": "keep signing keys",
    "circular_signing_key_action": "keep signing keys",
    # The network
    **{f"circular_subscribers:{page}": "see people" for page in ("index", "index_results", "inspect")},
    **{f"circular_subscribers:{page}": "keep people" for page in ("add", "edit", "delete")},
    **{f"circular_subscribers:{page}": "see people" for page in ("history", "history_results")},
    **{f"circular_organisations:{page}": "see people" for page in ("index", "index_results", "inspect")},
    **{f"circular_organisations:{page}": "keep people" for page in ("add", "edit", "delete")},
    **{f"circular_organisations:{page}": "see people" for page in ("history", "history_results")},
    **{
        f"circular_organisation_chooser:{page}": "see people"
        for page in ("choose", "choose_results", "chosen", "chosen_multiple")
    },
    **{f"circular_segments:{page}": "see segments" for page in ("index", "index_results", "inspect")},
    **{f"circular_segments:{page}": "keep segments" for page in ("add", "edit", "copy", "delete")},
    **{f"circular_segments:{page}": "keep segments" for page in ("matching", "organisations")},
    **{f"circular_segments:{page}": "keep segments" for page in ("history", "history_results")},
    **{f"circular_suppressions:{page}": "suppress" for page in ("index", "index_results", "inspect", "add", "delete")},
    **{f"circular_suppressions:{page}": "suppress" for page in ("history", "history_results")},
    **{
        f"circular_{kind}:{page}": "keep fields"
        for kind in ("topics", "custom_fields")
        for page in ("index", "index_results", "add", "edit", "delete", "history", "history_results")
    },
    "circular_subscribers:proof": "see people",
    "circular_people_export": "export people",
    "circular_segment_export": "export people",
    "circular_people_template": "import people",
    "circular_people_imports": "import people",
    "circular_people_run": "import people",
    "circular_people_reading": "import people",
    "circular_people_columns": "import people",
    "circular_people_live": "import people",
    "circular_people_start": "import people",
    "circular_people_cancel": "import people",
    "circular_people_refused": "import people",
    # Other systems
    "circular_systems": "keep machines",
    "circular_token_new": "keep machines",
    "circular_token_revoke": "keep machines",
    "circular_webhook_new": "keep machines",
    "circular_webhook": "keep machines",
    "circular_webhook_edit": "keep machines",
    "circular_webhook_action": "keep machines",
}

# Of Wagtail's own pages those that show or keep what the table speaks of.
WAGTAILS: dict[str, str] = {
    "wagtailimages:index": "edit issues",
    "wagtailimages:add": "edit issues",
    "wagtaildocs:index": "edit issues",
    "wagtaildocs:add": "edit issues",
    "wagtailadmin_pages:delete": "keep the desk",
    "wagtailusers_users:index": "keep the desk",
    "wagtailusers_users:add": "keep the desk",
    "wagtailusers_groups:index": "keep the desk",
    "wagtailusers_groups:add": "keep the desk",
    "wagtailadmin_workflows:index": "keep the desk",
    "wagtailadmin_workflows:task_index": "keep the desk",
    "wagtaillocales:index": "keep the desk",
    "wagtailsites:index": "keep the desk",
    "wagtailadmin_collections:index": "keep the desk",
    "wagtailadmin_reports:workflow": "edit issues",
    "wagtailadmin_reports:aging_pages": "edit issues",
}
