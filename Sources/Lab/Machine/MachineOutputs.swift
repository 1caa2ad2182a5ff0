internal import Posix
internal import Report
internal import SystemPackage
internal import Trace

/// What a machine writes, in files of its folder: its console, and the output of each command and check.
struct MachineOutputs {
    private let folder: String
    private let commandCount: Int
    private var cutters: [LineCutter]
    private var files: [OutputFile?]
    /// Bytes that each command or check has written, in all of its runs.
    private(set) var sizes: [Int]
    private var console: OutputFile?
    /// The last line that a model has written.
    var lastLine: String?
    /// Files of the machine.
    var artifacts = MachineArtifacts()

    /// - Parameter folder: the machine's folder. Its outputs are numbered by command, then by check.
    init(folder: String, commandCount: Int, checkCount: Int) {
        self.folder = folder
        self.commandCount = commandCount
        cutters = Array(repeating: LineCutter(), count: commandCount + checkCount)
        files = Array(repeating: nil, count: cutters.count)
        sizes = Array(repeating: 0, count: cutters.count)
    }

    /// There is an output of this number.
    func has(_ number: Int) -> Bool { sizes.indices.contains(number) }

    /// Name of the file of an output.
    func name(of number: Int) -> String {
        let source: OutputSource =
            number < commandCount ? .command(UInt64(number + 1)) : .check(UInt64(number - commandCount + 1))
        return source.fileName
    }

    private func path(of number: Int) -> String { "\(folder)/\(name(of: number))" }

    /// Makes an empty file for every output, so that each is there however the run ends.
    func createFiles() throws(Errno) {
        for number in sizes.indices {
            let file = try Posix.open(path(of: number), [.writeOnly, .create, .truncate])
            file.close()
        }
    }

    /// Makes the console's file, or continues the one from an earlier boot.
    mutating func openConsole(isEmpty: Bool) throws(Errno) {
        console = try OutputFile("\(folder)/\(OutputSource.console.fileName)", empty: isEmpty)
    }

    /// Appends to the console's file.
    func write(console bytes: [UInt8]) throws(Errno) { try console?.file.writeAll(bytes) }

    /// Appends to the file of an output.
    mutating func write(_ bytes: [UInt8], to number: Int) throws(Errno) {
        if files[number] == nil { files[number] = try OutputFile(path(of: number)) }
        try files[number]?.file.writeAll(bytes)
        sizes[number] += bytes.count
    }

    /// The lines of an output that end in `bytes`.
    mutating func lines(of number: Int, ending bytes: [UInt8]) -> [[UInt8]] {
        cutters[number].lines(ending: bytes)
    }

    /// What an output holds after its last end of a line.
    mutating func lastLine(of number: Int) -> [[UInt8]] { cutters[number].takeRest() }

    /// The machine lost its power: lines that are not complete never will be.
    mutating func dropPartialLines() {
        for number in cutters.indices { cutters[number] = LineCutter() }
    }

    /// Closes the files of commands and checks. The console's stays open: what the process wrote last is still to be read.
    mutating func close() { files = Array(repeating: nil, count: files.count) }
}

/// An open output file.
private final class OutputFile {
    let file: Descriptor

    init(_ path: String, empty: Bool = false) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create, empty ? .truncate : .append])
    }
}
