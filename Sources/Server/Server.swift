// Server: the executable `zveno`. What comes in is the command line, the environment, the configuration and signals;
// what goes out is a wired, running server, or one clear line that says why there is none. It alone reads clocks, draws
// random numbers and ends the process. It must not hold a rule of the field: what a chain, a channel or a message means
// stands in the folders it wires together.

import ArgumentParser

@main
struct Zveno: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zveno",
    abstract: "Turns what customers do into chains of messages: one process, one file.",
    discussion: """
      EXAMPLES
        zveno serve --data data --config config/zveno.json --apply config
        zveno check config/zveno.json config/chains/cart.json
        zveno test config
        zveno apply config --plan
        zveno rehearse cart --from 2026-02-01 --to 2026-03-01
        zveno events send history.ndjson
        zveno events tail --type cart
        zveno import contacts.csv
        zveno export contacts.csv
        zveno why cart ann
        zveno keys create --name shop --scope events --scope read
        zveno health --url http://127.0.0.1:8080
        zveno backup zveno.backup
        zveno restore zveno.backup --data data
        zveno release
        zveno verify data
        zveno selftest

      EXIT STATUS
        0   done
        1   something was found: an error in a file, a refusal by the server,
            a server that is not ready
        2   apply --plan: something would change
        64  the command line is wrong
        69  no start: the port or the data folder is taken, damaged or of a newer
            version; or the server is out of reach
        70  an error inside, please report it
        78  the configuration is wrong
      """.paragraphs,
    version: Version.text,
    subcommands: [
      ServeCommand.self, CheckCommand.self, TestCommand.self, ApplyCommand.self, RehearseCommand.self,
      EventsCommand.self, ImportCommand.self, ExportCommand.self, WhyCommand.self, KeysCommand.self,
      HealthCommand.self, BackupCommand.self, RestoreCommand.self, ReleaseCommand.self, VerifyCommand.self,
      SelfTestCommand.self, VersionCommand.self,
    ])
}
