/// A signal by name, as `kill -l` has them.
package struct SignalName: Hashable, Sendable, CustomStringConvertible {
    /// Without SIG.
    package let name: String
    /// Its number on x86-64 and arm64 Linux.
    package let number: Int

    private static let numbers: [(String, Int)] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ABRT", 6), ("KILL", 9), ("USR1", 10), ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14), ("TERM", 15), ("CONT", 18), ("STOP", 19), ("TSTP", 20), ("WINCH", 28), ("PWR", 30),
    ]

    /// The names that are known.
    package static let names = numbers.map(\.0)

    package static let term = SignalName(name: "TERM", number: 15)

    private init(name: String, number: Int) {
        self.name = name
        self.number = number
    }

    /// `TERM`, `SIGTERM`, `term`; nil for what is not known.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let upper = text.uppercased()
        let short = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        guard let entry = Self.numbers.first(where: { $0.0 == short }) else { return nil }
        self.init(name: entry.0, number: entry.1)
    }

    package var description: String { name }
}
