"""The contract with front ends, written out."""

import click

from schema.build import print_sdl


@click.command("export-schema")
def export_schema() -> None:
    """Print the schema as SDL, sorted, with descriptions and each field's sensitivity."""
    click.echo(print_sdl(), nl=False)
