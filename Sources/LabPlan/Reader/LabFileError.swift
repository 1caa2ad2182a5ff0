/// What is wrong with a lab file, and where.
package struct LabFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A place in the file, or the option of the command line that put the value there, such as `--until 90`.
    package enum Place: Hashable, Sendable {
        case file(String, line: Int, column: Int)
        case option(String)
    }

    package let place: Place
    /// What is wrong and what to do: one sentence.
    package let message: String

    /// `ping.yaml:4:5: unknown key 'memroy' in machine m1: did you mean 'memory'?`
    package var description: String {
        switch place {
        case .file(let name, let line, let column): "\(name):\(line):\(column): \(message)"
        case .option(let option): "\(option): \(message)"
        }
    }
}
