"""The `inhouse` command."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inhouse")
def main() -> None:
    """Your in-house AI team. Everything runs on this machine."""
