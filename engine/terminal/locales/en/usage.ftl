# What clap says of itself: help, and what is wrong with a command line.

help-usage = Usage: { $usage }
help-commands = Commands
help-command = COMMAND
help-arguments = Arguments
help-options = Options
help-help = Print help
help-version = Print version
help-subcommand = Print help for a command
help-default = { $text } [default: { $value }]
help-values = { $text } [possible values: { $values }]
help-env = { $text } [env: { $variable }]

list-separator = {", "}

usage-unknown-argument = unexpected argument “{ $argument }”
usage-unknown-command = unrecognized command “{ $command }”
usage-missing-command = a command is required: { $commands }
usage-missing-argument = required but not given: { $argument }
usage-missing-value = { $argument } needs a value
usage-too-few-values = { $argument } needs more values
usage-value = invalid value “{ $value }” for { $argument }
usage-value-known = invalid value “{ $value }” for { $argument }; possible values: { $values }
usage-value-why = invalid value “{ $value }” for { $argument }: { $why }
usage-conflict = { $argument } cannot be used with { $other }
usage-twice = { $argument } cannot be given more than once
usage-other = the command line is not understood: { $why }
usage-no-number = not a number
usage-no-whole-number = not a whole number
usage-no-address = not an address and port, such as 127.0.0.1:8080
usage-similar = Did you mean “{ $name }”?
usage-help = For more information, try --help.
