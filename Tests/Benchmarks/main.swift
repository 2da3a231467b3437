// Measures the walk of an event on this machine: events accepted, decisions of the engine, messages handed over, each a
// second, with every commit on disk (WAL, synchronous=FULL), on files in the temporary folder that are deleted again.
//
//   swift run -c release Benchmarks [--seconds N]
//
// Each figure is the median of several rounds, with the least and the greatest: machines drift, so compare within a run.

import Foundation

let arguments = CommandLine.arguments
let secondsAsked = arguments.firstIndex(of: "--seconds").flatMap { index in
  arguments.indices.contains(index + 1) ? Double(arguments[index + 1]) : nil
}
let seconds = max(0.2, secondsAsked ?? 2)

do {
  print("seconds a round: \(seconds), rounds: \(Figure.rounds), durability: full\n")
  try IntakeBenchmark(seconds: seconds).run()
  try HTTPBenchmark(seconds: seconds).run()
  try DecisionBenchmark(seconds: seconds).run()
  try DispatchBenchmark(seconds: seconds).run()
} catch {
  FileHandle.standardError.write(Data("the benchmark broke off: \(error)\n".utf8))
  exit(1)
}
