#!/usr/bin/env python
"""Django's commands; `circular COMMAND` is the same with the embedded servers found or started."""

from config.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
