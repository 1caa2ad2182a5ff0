/// What the page takes from the files beside the trace; any of them may be missing.
package struct TimelineFiles {
    /// The lines of a machine's `console.log`, by its name; called once for each machine with lines.
    package var console: (String) -> [String]
    /// The last lines of a file, by its path in the run folder.
    package var lastLines: (String) -> [String]
    /// A part of a file in the folder of the machine: its name, where the part begins, and how long it is. What is missing is left out.
    package var bytes: (_ machine: String, _ file: String, _ offset: UInt64, _ count: Int) -> [UInt8]

    package init(
        console: @escaping (String) -> [String] = { _ in [] },
        lastLines: @escaping (String) -> [String] = { _ in [] },
        bytes: @escaping (String, String, UInt64, Int) -> [UInt8] = { _, _, _, _ in [] }
    ) {
        self.console = console
        self.lastLines = lastLines
        self.bytes = bytes
    }
}
