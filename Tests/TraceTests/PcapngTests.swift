import Calendar
import Foundation
import Network
import Posix
import SystemPackage
import Testing
import Trace

/// The format, octet by octet.
struct PcapngTests {
    /// From the figures of draft-ietf-opsawg-pcapng, by hand.
    @Test func aSmallFileIsAsTheSpecificationSays() {
        var bytes: [UInt8] = []
        Pcapng.appendSection(comment: "lab é", to: &bytes)
        let section: [UInt8] = [
            0x0a, 0x0d, 0x0d, 0x0a, 56, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            1, 0, 6, 0, 0x6c, 0x61, 0x62, 0x20, 0xc3, 0xa9, 0, 0,
            4, 0, 7, 0, 0x61, 0x6c, 0x6d, 0x61, 0x6e, 0x61, 0x63, 0, 0, 0, 0, 0, 56, 0, 0, 0,
        ]
        #expect(bytes == section)

        bytes = []
        Pcapng.append(
            Pcapng.Interface(name: "eth0", description: "m1", mac: MACAddress("02:00:00:00:00:0a")),
            to: &bytes)
        let interface: [UInt8] = [
            1, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
            2, 0, 4, 0, 0x65, 0x74, 0x68, 0x30, 3, 0, 2, 0, 0x6d, 0x31, 0, 0,
            6, 0, 6, 0, 2, 0, 0, 0, 0, 0x0a, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0,
        ]
        #expect(bytes == interface)

        bytes = []
        Pcapng.appendPacket(
            [0xaa, 0xbb, 0xcc, 0xdd, 0xee], interface: 1, at: 0x0102_0304_0506_0708, direction: .outbound,
            comment: "x", to: &bytes)
        let packet: [UInt8] = [
            6, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5, 5, 0, 0, 0, 5, 0, 0, 0,
            0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0, 0, 0,
            2, 0, 4, 0, 2, 0, 0, 0, 1, 0, 1, 0, 0x78, 0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0,
        ]
        #expect(bytes == packet)

        bytes = []
        Pcapng.appendPacket(
            [0xaa, 0xbb, 0xcc, 0xdd], interface: 0, at: 1, direction: nil, comment: nil, to: &bytes)
        let bare: [UInt8] = [
            6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0,
            0xaa, 0xbb, 0xcc, 0xdd, 36, 0, 0, 0,
        ]
        #expect(bytes == bare)

        bytes = []
        Pcapng.appendRemark("ab", interface: 2, at: 3, to: &bytes)
        let remark: [UInt8] = [
            6, 0, 0, 0, 60, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0xb6, 0x61, 0x62,
            1, 0, 2, 0, 0x61, 0x62, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0,
        ]
        #expect(bytes == remark)
    }

    /// The options of a packet's block, read as the specification says; nil when the block is not whole.
    private func options(_ block: [UInt8], packetLength: Int) -> [Int: [UInt8]]? {
        func number(_ place: Int, _ size: Int) -> Int {
            (0..<size).reduce(0) { $0 | Int(block[place + $1]) << (8 * $1) }
        }
        guard block.count % 4 == 0, number(4, 4) == block.count, number(block.count - 4, 4) == block.count,
            number(20, 4) == packetLength
        else { return nil }
        var place = 28 + packetLength
        var options: [Int: [UInt8]] = [:]
        func skipPadding() -> Bool {
            while place % 4 != 0 {
                guard block[place] == 0 else { return false }
                place += 1
            }
            return true
        }
        guard skipPadding() else { return nil }
        while place < block.count - 4 {
            let (code, length) = (number(place, 2), number(place + 2, 2))
            place += 4
            if code == 0 { return length == 0 && place == block.count - 4 ? options : nil }
            options[code] = Array(block[place..<place + length])
            place += length
            guard skipPadding() else { return nil }
        }
        return options.isEmpty ? options : nil
    }

    @Test func lengthsAndPaddingAreRightForAllSizes() {
        for packetLength in 0..<9 {
            for commentLength in 0..<9 {
                let comment = String(repeating: "x", count: commentLength)
                var block: [UInt8] = []
                Pcapng.appendPacket(
                    [UInt8](repeating: 7, count: packetLength), interface: 0, at: 0, direction: .inbound,
                    comment: comment, to: &block)
                #expect(
                    options(block, packetLength: packetLength) == [1: Array(comment.utf8), 2: [1, 0, 0, 0]],
                    "\(packetLength) and \(commentLength) octets")
            }
        }
    }

    /// An option holds 65535 octets, and readers end a text at a zero.
    @Test func aTextIsCutBetweenCharactersAndHasNoZeros() {
        for (text, expected) in [
            (String(repeating: "x", count: 65536), String(repeating: "x", count: 65535)),
            ("x" + String(repeating: "é", count: 32767), "x" + String(repeating: "é", count: 32767)),
            (String(repeating: "é", count: 32768), String(repeating: "é", count: 32767)),
            ("xx" + String(repeating: "😀", count: 20000), "xx" + String(repeating: "😀", count: 16383)),
            ("a\0b\0", "ab"),
        ] {
            var block: [UInt8] = []
            Pcapng.appendPacket([], interface: 0, at: 0, direction: nil, comment: text, to: &block)
            #expect(options(block, packetLength: 0)?[1] == Array(expected.utf8))
        }
    }
}
