import Testing
import TimeTravelProtocol

/// Bytes all different, so that none can be taken for another.
private let messages = [
    Message(code: 0x0302_0100, sequence: 0x0706_0504, time: 0x0f0e_0d0c_0b0a_0908),
    Message(code: 0x1312_1110, sequence: 0x1716_1514, time: 0x1f1e_1d1c_1b1a_1918),
    Message(code: 0x2322_2120, sequence: 0x2726_2524, time: 0x2f2e_2d2c_2b2a_2928),
]

private func bytes(of messages: [Message]) -> [UInt8] {
    var bytes: [UInt8] = []
    for message in messages { message.encode(into: &bytes) }
    return bytes
}

extension MessageDecoder {
    /// Feeds one read's worth of bytes and returns the messages it completes.
    fileprivate mutating func decode(_ bytes: ArraySlice<UInt8>) -> [Message] {
        unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer
            var found: [Message] = []
            while let message = unsafe decode(&rest) { found.append(message) }
            let left = rest.count
            #expect(left == 0)
            return found
        }
    }
}

@Test func encodesSixteenBytesInNativeOrder() {
    let encoded = bytes(of: [Message(.request, sequence: 0x0102_0304, time: 0x0506_0708_090a_0b0c)])
    let little: [UInt8] = [2, 0, 0, 0, 4, 3, 2, 1, 12, 11, 10, 9, 8, 7, 6, 5]
    let big: [UInt8] = [0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    #expect(encoded == (UInt16(1).littleEndian == 1 ? little : big))
    #expect(encoded.count == Message.size)
}

@Test func encodingAppends() {
    var room: [UInt8] = [0xff]
    Message(.ack, sequence: 0).encode(into: &room)
    #expect(room == [0xff] + Array(repeating: 0, count: 16))
}

@Test func decodesWhatItEncoded() {
    let extremes = [
        Message(code: .max, sequence: 0, time: .max), Message(code: 0, sequence: .max, time: 0),
        Message(.start, sequence: 1, time: UInt64(bitPattern: -1)), Message(.getTimeOfDay, sequence: 7),
    ]
    var decoder = MessageDecoder()
    #expect(decoder.decode(bytes(of: extremes)[...]) == extremes)
    #expect(decoder.pendingBytes == 0)
}

/// The stream of three messages in two and in three reads, at every pair of positions.
@Test func decodesAnySplitInThree() {
    let stream = bytes(of: messages)
    for first in 0...stream.count {
        for second in first...stream.count {
            var decoder = MessageDecoder()
            var found = decoder.decode(stream[..<first])
            let pending = decoder.pendingBytes
            found += decoder.decode(stream[first..<second])
            let later = decoder.pendingBytes
            found += decoder.decode(stream[second...])
            guard found == messages, [pending, later, decoder.pendingBytes] == [first % 16, second % 16, 0]
            else {
                Issue.record("split at \(first) and \(second): \(found)")
                return
            }
        }
    }
}

/// One message in every way there is to cut it: 2^15 sets of cuts, followed by another to see that nothing is left.
@Test func decodesAMessageCutInEveryWay() {
    let stream = bytes(of: [messages[0]])
    let next = bytes(of: [messages[1]])
    for cuts in 0..<1 << 15 {
        var decoder = MessageDecoder()
        var found: [Message] = []
        var start = 0
        for position in 1...15 where cuts >> (position - 1) & 1 == 1 {
            found += decoder.decode(stream[start..<position])
            start = position
        }
        found += decoder.decode(stream[start...])
        found += decoder.decode(next[...])
        guard found == Array(messages[0...1]) else {
            Issue.record("cuts \(String(cuts, radix: 2)): \(found)")
            return
        }
    }
}

@Test func decodesByteByByteAndCountsWhatWaits() {
    var decoder = MessageDecoder()
    var found: [Message] = []
    for (index, byte) in bytes(of: messages).enumerated() {
        #expect(decoder.pendingBytes == index % 16)
        found += decoder.decode([byte])
        #expect(found.count == (index + 1) / 16)
    }
    #expect(found == messages)
    #expect(decoder.decode([]) == [])
}
