/// What the page takes from the files beside the trace; any of them may be missing.
package struct TimelineFiles {
    /// The lines of a machine's `console.log`, by its name; called once for each machine with lines.
    package var console: (String) -> [String]
    /// The last lines of a file, by its path in the run folder.
    package var lastLines: (String) -> [String]
    /// Reads a part of a file; what is missing is left out.
    package typealias Part = (_ offset: UInt64, _ count: Int) -> [UInt8]
    /// Opens a file in the folder of the machine.
    package var open: (_ machine: String, _ file: String) -> Part

    package init(
        console: @escaping (String) -> [String] = { _ in [] },
        lastLines: @escaping (String) -> [String] = { _ in [] },
        open: @escaping (String, String) -> Part = { _, _ in { _, _ in [] } }
    ) {
        self.console = console
        self.lastLines = lastLines
        self.open = open
    }
}
