import Foundation

// Without libFuzzer it looks at files: at what libFuzzer found, with a debugger, say.

func usage() -> Int32 {
  let doors = Door.all.map(\.name).joined(separator: "|")
  FileHandle.standardError.write(Data("expected Fuzz \(doors) FILE…\n".utf8))
  return 64
}

#if FUZZING
  exit(fuzz())
#else
  guard let door = Door.named(CommandLine.arguments.dropFirst().first ?? "") else { exit(usage()) }
  for path in CommandLine.arguments.dropFirst(2) {
    try door.enter([UInt8](Data(contentsOf: URL(filePath: path))))
    print("\(path): all holds")
  }
#endif
