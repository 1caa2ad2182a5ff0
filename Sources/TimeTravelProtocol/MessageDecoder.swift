/// Decodes messages from a byte stream that may be split anywhere. Buffers at most one incomplete message.
package struct MessageDecoder: Sendable {
    /// Laid out as on the wire: the fields stand at 0, 4 and 8, in native byte order.
    private var partial: (code: UInt32, sequence: UInt32, time: UInt64) = (0, 0, 0)
    private var filled = 0

    package init() {}

    /// Bytes of the incomplete message buffered so far, 0 to 15.
    package var pendingBytes: Int { filled }

    /// Consumes bytes from the front of `input` up to the end of one message and returns that message; nil when the
    /// input ends first. Call it again with the rest while it returns a message.
    package mutating func decode(_ input: inout UnsafeRawBufferPointer) -> Message? {
        let count = min(Message.size - filled, input.count)
        unsafe withUnsafeMutableBytes(of: &partial) { room in
            // `count` fits both: at most what is missing, at most what is there.
            unsafe room[filled..<filled + count].copyBytes(from: input[..<count])
        }
        unsafe input = UnsafeRawBufferPointer(rebasing: input[count...])
        filled += count
        guard filled == Message.size else { return nil }
        filled = 0
        return Message(code: partial.code, sequence: partial.sequence, time: partial.time)
    }

    /// Decodes bytes that complete at most one message.
    package mutating func decode(_ bytes: [UInt8]) -> Message? {
        precondition(filled + bytes.count <= Message.size, "more than one message")
        return unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer
            return unsafe decode(&rest)
        }
    }
}
