"""Preflight: what is wrong with an issue before it goes out.

Pure checks take an edition's content and plain facts, and return findings; `network` is the one door through which a
link is tried. Nothing here knows Django, Wagtail or a database: who calls the checks brings the facts.
"""
