/// A guest's clock as a kernel's command line gives it: `time-travel…` and `time-travel-start=…`.
public struct ClockOptions: Hashable, Sendable {
    /// How the guest's time passes.
    public var mode: ClockMode
    /// Wall clock at the guest's time 0, ns since the epoch; nil for the host's. With a calendar the calendar's wall
    /// clock counts and this value is ignored.
    public var start: UInt64?

    /// Most characters of an ID (seed: `time_travel_connect_external` copies 24).
    public static let idLimit = 24

    /// Defaults to real time and the host's wall clock.
    public init(mode: ClockMode = .off, start: UInt64? = nil) {
        self.mode = mode
        self.start = start
    }

    /// Reads the arguments of a kernel's command line that concern the clock; others are ignored. The last of
    /// its kind counts (seed: `setup_time_travel`, `setup_time_travel_start`).
    public init(parsing arguments: [String]) throws(GuestError) {
        self.init()
        for argument in arguments {
            if argument.hasPrefix("time-travel-start=") {
                start = try Self.parseStart(argument)
            } else if argument.hasPrefix("time-travel") {
                mode = try Self.parseMode(argument)
            }
        }
    }

    private static func parseStart(_ argument: String) throws(GuestError) -> UInt64 {
        let text = argument.dropFirst("time-travel-start=".count)
        guard let seconds = kernelNumber(text) else {
            throw .badOption(argument, "'\(text)' is not a number of seconds")
        }
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, nanoseconds < GuestTime.never else {
            throw .badOption(argument, "it is later than 2^63-1 ns after 1970")
        }
        return nanoseconds
    }

    private static func parseMode(_ argument: String) throws(GuestError) -> ClockMode {
        let value = argument.dropFirst("time-travel".count)
        if value.isEmpty { return .basic }
        if value == "=inf-cpu" { return .infiniteCPU }
        guard value.hasPrefix("=ext:") else {
            throw .badOption(argument, "it is time-travel, time-travel=inf-cpu or time-travel=ext:[ID:]PATH")
        }
        let rest = value.dropFirst("=ext:".count)
        guard let colon = rest.firstIndex(of: ":") else {
            guard !rest.isEmpty else { throw .badOption(argument, "it names no socket") }
            return .external(path: String(rest))
        }
        let id = rest[..<colon]
        guard id.utf8.count <= idLimit else {
            throw .badOption(argument, "the ID '\(id)' is longer than \(idLimit) characters")
        }
        guard let number = kernelNumber(id) else {
            throw .badOption(
                argument, "the ID '\(id)' is not a 64-bit number (decimal, 0x hexadecimal or 0 octal)")
        }
        let path = rest[rest.index(after: colon)...]
        guard !path.isEmpty else { throw .badOption(argument, "it names no socket") }
        return .external(id: number, path: String(path))
    }

    /// A number as the kernel's `kstrtoull(…, 0, …)` reads it: 0x hexadecimal, a leading 0 octal, else decimal; a
    /// leading plus and one newline at the end are accepted; no sign else, no blanks, 64 bits.
    static func kernelNumber(_ text: some StringProtocol) -> UInt64? {
        var digits = Substring(text)
        if digits.utf8.first == UInt8(ascii: "+") { digits.removeFirst() }
        if digits.utf8.last == UInt8(ascii: "\n") { digits.removeLast() }
        var radix = 10
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            digits = digits.dropFirst(2)
            radix = 16
        } else if digits.utf8.first == UInt8(ascii: "0"), digits.utf8.count > 1 {
            digits = digits.dropFirst()
            radix = 8
        }
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else {
            return nil
        }
        return UInt64(digits, radix: radix)
    }
}
