/// One message: 16 bytes in native byte order (seed: `struct um_timetravel_msg`).
package struct Message: Hashable, Sendable {
    /// Size on the wire, bytes.
    package static let size = 16

    /// The operation's number, known or not.
    package var code: UInt32
    /// Reflected by the ACK that answers it.
    package var sequence: UInt32
    /// Nanoseconds, or an ID, depending on the operation.
    package var time: UInt64

    package init(code: UInt32, sequence: UInt32, time: UInt64) {
        self.code = code
        self.sequence = sequence
        self.time = time
    }

    package init(_ operation: Operation, sequence: UInt32, time: UInt64 = 0) {
        self.init(code: operation.rawValue, sequence: sequence, time: time)
    }

    /// The operation; nil for an undefined number.
    package var operation: Operation? { Operation(rawValue: code) }

    /// Appends the 16 bytes.
    package func encode(into bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: code) { unsafe bytes.append(contentsOf: $0) }
        unsafe withUnsafeBytes(of: sequence) { unsafe bytes.append(contentsOf: $0) }
        unsafe withUnsafeBytes(of: time) { unsafe bytes.append(contentsOf: $0) }
    }
}
