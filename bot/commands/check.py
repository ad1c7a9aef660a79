"""``check``: reads all of data/ and says what is wrong in it, by file and line."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding on stdout.")
def command(as_json: bool) -> int:
    """Read all that staff own in data/ and say each mistake: file:line: what is wrong; what to
    write instead.

    Takes seconds; needs no engine, no model and no database, and changes nothing. Examined are the
    flows, the texts, the program's numbers, danger phrases with their examples, messages, words,
    prices, and what the dialogue learns. Reads the checkout's data/ (SAF_DATA), as `chat`, `test`,
    `simulate` and `triage` do; what clients get is what was published. The exit code is 0 when all
    is well, else 2.
    """
    from bot import settings
    from bot.wiring import examining

    data = settings.read().data
    found = examining.mistakes(data)
    for one in found:
        if as_json:
            row = {"file": one.file, "line": one.line, "what": one.what, "write": one.mend}
            click.echo(json.dumps(row))
        else:
            click.echo(str(one))
    if found:
        return 2
    if not as_json:
        click.echo(f"All is well in {examining.near_by(data)}: {examining.LOOKED_AT}.")
    return 0
