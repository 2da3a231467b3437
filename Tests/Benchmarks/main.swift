// Measures the walk of an event on this machine: events accepted, decisions of the engine, messages handed over, each a
// second, with every commit on disk (WAL, synchronous=FULL), on files in the temporary folder that are deleted again.
//
//   swift run -c release Benchmarks [--seconds N] [--only parser|json|decoding|intake|http|decisions|matching|dispatch|letters]
//                                   [--letters N] [--connections N] [--checkpoint PAGES] [--cache KIB] [--rounds N]
//                                   [--against HOST:PORT]
//
// Four take minutes and room on the disk, and run only by name: `--only growth [--events N]`, `--only waiting [--runs N]`,
// `--only segments [--contacts N]`, `--only beside [--events N]`.
//
// Each figure is the median of several rounds, with the least and the greatest: machines drift, so compare within a run.

import Foundation

let arguments = CommandLine.arguments

/// What stands after an option.
func value(of option: String) -> String? {
  arguments.firstIndex(of: option).flatMap { arguments.indices.contains($0 + 1) ? arguments[$0 + 1] : nil }
}

func number(of option: String, else usual: Int) -> Int { max(1, value(of: option).flatMap { Int($0) } ?? usual) }

let seconds = max(0.2, value(of: "--seconds").flatMap { Double($0) } ?? 2)
let named: [(name: String, run: () throws -> Void)] = [
  ("growth", GrowthBenchmark(seconds: seconds, events: number(of: "--events", else: 10_000_000)).run),
  ("segments", SegmentBenchmark(seconds: seconds, contacts: number(of: "--contacts", else: 1_000_000)).run),
  ("beside", BesideBenchmark(seconds: seconds, events: number(of: "--events", else: 1_000_000)).run),
  ("waiting", WaitingBenchmark(seconds: seconds, runs: number(of: "--runs", else: 5_000_000)).run),
]
let benchmarks: [(name: String, run: () throws -> Void)] = [
  ("parser", ParserBenchmark(seconds: seconds).run), ("json", JSONBenchmark(seconds: seconds).run),
  ("decoding", DecodingBenchmark(seconds: seconds).run),
  ("intake", IntakeBenchmark(seconds: seconds).run),
  ("http", HTTPBenchmark(seconds: seconds, against: value(of: "--against")).run),
  ("decisions", DecisionBenchmark(seconds: seconds).run), ("matching", MatchingBenchmark(seconds: seconds).run),
  ("dispatch", DispatchBenchmark(seconds: seconds).run),
  (
    "letters",
    LetterBenchmark(
      letters: number(of: "--letters", else: 20_000), connections: number(of: "--connections", else: 10)
    ).run
  ),
]

do {
  print("seconds a round: \(seconds), rounds: \(Figure.rounds), durability: full\n")
  let only = value(of: "--only")
  for (name, run) in benchmarks where only.map({ $0 == name }) ?? true { try run() }
  for (name, run) in named where only == name { try run() }
} catch {
  FileHandle.standardError.write(Data("the benchmark broke off: \(error)\n".utf8))
  exit(1)
}
