"""`testbed lab`: incidents to break, understand and mend."""

import typer

from testbed.cli.lab import authoring, catalogue, learning, looking_back, playing

app = typer.Typer(help="Incidents to understand and mend, with a guide.", no_args_is_help=True)

app.command(name="list")(catalogue.list_)
app.command(name="show")(catalogue.show_)
app.command()(playing.start)
app.command()(learning.guide)
app.command()(learning.status)
app.command()(playing.check)
app.command()(learning.hint)
app.command()(learning.note)
app.command()(playing.reset)
app.command()(looking_back.debrief)
app.command()(playing.finish)
app.command()(authoring.new)
app.command()(authoring.lint)
app.command()(authoring.prove)
app.command()(authoring.schema)
