"""The subcommands: each module has `HELP`, `configure(parser)` and `execute(options, rest)`."""
