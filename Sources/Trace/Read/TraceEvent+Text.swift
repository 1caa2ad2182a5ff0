internal import Calendar

extension TraceEvent {
    /// The event as text: `send eth0 98 bytes, hash 00c0ffee…`, with names from the header.
    package func text(_ header: TraceHeader) -> String {
        var parts: [String] = []
        for (index, field) in kind.fields.enumerated() {
            let value = fields[index]
            switch field.unit {
            case .number:
                let command = field.name == "command" ? header.command(value, of: participant) : nil
                parts.append("\(field.name) \(value)\(command.map { " (\($0))" } ?? "")")
            case .duration: parts.append("\(field.name) \(Self.duration(value))")
            case .optionalDuration:
                parts.append("\(field.name) \(value == 0 ? "never" : Self.duration(value - 1))")
            case .bytes: parts.append("\(value) bytes")
            case .hash: parts.append("hash \(TraceHash.text(value))")
            case .device: parts.append(header.device(value, of: participant))
            case .participant:
                parts.append("\(field.name) \(header.name(of: UInt32(truncatingIfNeeded: value)))")
            }
        }
        if kind.hasText, !text.isEmpty { parts.append(text) }
        return parts.isEmpty ? kind.name : "\(kind.name) \(parts.joined(separator: ", "))"
    }

    /// One line: time, participant, event.
    package func line(_ header: TraceHeader) -> String {
        "\(time)  \(header.name(of: participant))  \(text(header))"
    }

    /// A duration, exact: `1.5 ms`, `100 ns`.
    package static func duration(_ nanoseconds: UInt64) -> String {
        if nanoseconds >= Instant.never.nanoseconds { return "never" }
        let units: [(String, UInt64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)]
        guard let (name, unit) = units.first(where: { nanoseconds >= $0.1 }) else {
            return "\(nanoseconds) ns"
        }
        var fraction = String(nanoseconds % unit + unit).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty
            ? "\(nanoseconds / unit) \(name)" : "\(nanoseconds / unit).\(fraction) \(name)"
    }
}
