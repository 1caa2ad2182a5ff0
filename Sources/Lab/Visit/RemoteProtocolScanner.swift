/// Finds in gdb's remote serial protocol when the program runs (GDB manual, "Remote Protocol": vCont, c, C, s, S; stop replies T, S,
/// W, X).
package struct RemoteProtocolScanner {
    private var host: [UInt8] = []
    private var target: [UInt8] = []
    private var runs = false

    package init() {}

    /// - Returns: the program runs from now on.
    package mutating func scanHost(_ bytes: [UInt8]) -> Bool {
        host += bytes
        var begins = false
        while let packet = Self.next(&host) {
            let text = String(decoding: packet, as: UTF8.self)
            guard text.hasPrefix("vCont;") || "cCsS".contains(text.first ?? " ") else { continue }
            begins = true
            runs = true
        }
        return begins
    }

    /// - Returns: the program has stopped or ended.
    package mutating func scanTarget(_ bytes: [UInt8]) -> Bool {
        target += bytes
        var ends = false
        while let packet = Self.next(&target) {
            guard runs, let first = packet.first, Array("TSWXN".utf8).contains(first) else { continue }
            ends = true
            runs = false
        }
        return ends
    }

    /// The payload of the next complete packet, `$payload#xx`.
    private static func next(_ bytes: inout [UInt8]) -> [UInt8]? {
        guard let start = bytes.firstIndex(of: UInt8(ascii: "$")) else {
            bytes = []
            return nil
        }
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "#")), end + 2 < bytes.count else {
            return nil
        }
        defer { bytes.removeFirst(end + 3) }
        return Array(bytes[(start + 1)..<end])
    }
}
