import Calendar
import Foundation
import Network
import Posix
import SystemPackage
import Testing
import Trace

/// Files, and what Wireshark makes of them.
struct CaptureFileTests {
    /// 2026-01-01, 00:00 UTC.
    static let start: UInt64 = 1_767_225_600_000_000_000
    static let interfaces = [
        Pcapng.Interface(name: "m1/eth0", description: "lan", mac: MACAddress("02:00:00:00:00:01")),
        Pcapng.Interface(name: "m2/eth0", description: "lan, größer"),
    ]

    private func withCapture(_ body: (String, CaptureFile) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "almanac-\(UUID().uuidString).pcapng"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try CaptureFile(
            path: path, start: Self.start, comment: "network lan of größer",
            interfaces: Self.interfaces)
        try body(path, file)
    }

    /// A datagram to a port that nobody dissects.
    private func datagram(_ payload: String, completesChecksum: Bool = false) throws -> Frame {
        let source = try #require(IPv4Address("10.0.0.1"))
        let destination = try #require(IPv4Address("10.0.0.2"))
        let length = 8 + payload.utf8.count
        var udp: [UInt8] = [0x9c, 0x40, 0, 9, UInt8(length >> 8), UInt8(length & 255), 0, 0]
        udp += payload.utf8
        let packet = IPv4Packet(source: source, destination: destination, carried: 17, payload: udp)
        var bytes = packet.frame(
            from: MACAddress(value: 0x0200_0000_0001), to: MACAddress(value: 0x0200_0000_0002))
        guard completesChecksum else { return Frame(bytes) }
        // What a driver leaves: the pseudo header's sum.
        let sum = ~InternetChecksum.of(bytes[26..<34], initial: UInt64(17 + length))
        bytes[40] = UInt8(sum >> 8)
        bytes[41] = UInt8(sum & 255)
        return try #require(
            Frame(bytes, offload: .init(checksum: .init(start: 34, offset: 6), segments: nil)))
    }

    /// A TCP segment that stands for many, its checksums left to do.
    private func segments(isIPv6: Bool, payload: Int, size: Int) throws -> Frame {
        var bytes: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
        let length = 20 + payload
        if isIPv6 {
            bytes += [0x86, 0xdd, 0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 255), 6, 64]
            for station: UInt8 in [1, 2] { bytes += [0xfd] + [UInt8](repeating: 0, count: 14) + [station] }
        } else {
            let total = 20 + length
            bytes += [8, 0, 0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0, 7, 0x40, 0, 64, 6, 0, 0]
            bytes += [10, 0, 0, 1, 10, 0, 0, 2]
        }
        let tcp = bytes.count
        bytes += [0x9c, 0x40, 0, 9, 0, 0, 3, 0xe8, 0, 0, 0, 9, 0x50, 0x18, 1, 0, 0, 0, 0, 0]
        bytes += (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        return try #require(
            Frame(
                bytes,
                offload: .init(
                    checksum: .init(start: tcp, offset: 16),
                    segments: .init(isIPv6: isIPv6, size: size, notifiesCongestion: false))))
    }

    @Test func timesInterfacesDirectionsAndCommentsAreRead() throws {
        let records: [(nanoseconds: UInt64, interface: Int, direction: Pcapng.Direction, comment: String?)] =
            [
                (0, 0, .outbound, nil), (1, 1, .inbound, "dropped: loss 1%"),
                (999_999_999, 1, .outbound, "größer"),
                (1_000_000_000, 0, .inbound, "→"), (4_294_967_296_123_456_789, 0, .outbound, "a, \"b\" | 😀!"),
            ]
        try withCapture { path, file in
            for record in records {
                file.record(
                    try datagram("x"), interface: record.interface,
                    at: Instant(nanoseconds: record.nanoseconds), direction: record.direction,
                    comment: { _ in record.comment })
            }
            file.finish()
            #expect(file.failure == nil)
            let rows = try Tshark.read(
                path, "frame.time_epoch", "frame.interface_id", "frame.interface_name",
                "frame.interface_description", "frame.packet_flags_direction", "frame.comment", "frame.len",
                "frame.cap_len")
            #expect(rows.count == records.count)
            for (row, record) in zip(rows, records) {
                let time = Self.start + record.nanoseconds
                let fraction = String(time % 1_000_000_000 + 1_000_000_000).dropFirst()
                let interface = Self.interfaces[record.interface]
                #expect(
                    row == [
                        "\(time / 1_000_000_000).\(fraction)", "\(record.interface)", interface.name,
                        interface.description, record.direction == .inbound ? "0x00000001" : "0x00000002",
                        record.comment ?? "", "43", "43",
                    ])
            }
            #expect(try Tshark.complaints(path) == [])
        }
    }

    @Test func packetsAndCommentsOfAllLengthsAreReadWhole() throws {
        let texts = (0..<9).map { String("größer als".prefix($0)) }
        try withCapture { path, file in
            for (index, text) in texts.enumerated() {
                file.record(
                    try datagram(text), interface: 0, at: Instant(nanoseconds: UInt64(index)),
                    direction: .outbound, comment: { _ in text + "." })
            }
            file.finish()
            let rows = try Tshark.read(path, "frame.comment", "udp.length", "data.data")
            #expect(
                rows
                    == texts.map { text in
                        let digits = text.utf8.map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
                        return [text + ".", "\(8 + text.utf8.count)", digits]
                    })
            #expect(try Tshark.complaints(path) == [])
        }
    }

    @Test(arguments: [false, true])
    func aFrameThatStandsForManyIsShownAsThose(isIPv6: Bool) throws {
        try withCapture { path, file in
            file.record(
                try segments(isIPv6: isIPv6, payload: 3001, size: 1448), interface: 0,
                at: Instant(nanoseconds: 12), direction: .outbound, comment: { _ in "dropped" })
            file.finish()
            let rows = try Tshark.read(
                path, "tcp.seq_raw", "tcp.len", "tcp.checksum.status", "tcp.flags.push", "frame.comment",
                "frame.time_epoch", "ip.checksum.status")
            let shared = ["dropped", "1767225600.000000012", isIPv6 ? "" : "1"]
            #expect(
                rows == [
                    ["1000", "1448", "1", "0"] + shared, ["2448", "1448", "1", "0"] + shared,
                    ["3896", "105", "1", "1"] + shared,
                ])
            #expect(try Tshark.complaints(path) == [])
        }
    }

    @Test func aChecksumLeftToDoIsDone() throws {
        try withCapture { path, file in
            file.record(
                try datagram("odd", completesChecksum: true), interface: 0, at: .zero, direction: .inbound)
            file.finish()
            #expect(try Tshark.read(path, "udp.checksum.status") == [["1"]])
            #expect(try Tshark.complaints(path) == [])
        }
    }

    /// The checks above see what is wrong: a bit of a segment, a packet that is cut.
    @Test func whatIsWrongIsComplainedOf() throws {
        try withCapture { path, file in
            let wire = try segments(isIPv6: false, payload: 200, size: 100).wireFrames()
            var damaged = wire[1]
            damaged[damaged.count - 1] ^= 1
            for packet in [wire[0], damaged, Array(wire[1][..<40]), []] {
                file.record(Frame(packet), interface: 0, at: .zero, direction: .outbound)
            }
            file.finish()
            #expect(try Tshark.complaints(path) == ["2", "3", "4"])
        }
    }

    @Test func aRemarkStandsAmongThePacketsAndIsNoneOfTheirInterfaces() throws {
        try withCapture { path, file in
            file.record(try datagram("x"), interface: 0, at: Instant(nanoseconds: 1), direction: .outbound)
            file.remark("partition m1|m2 begins, größer", at: Instant(nanoseconds: 2))
            file.record(
                try datagram("y"), interface: 1, at: Instant(nanoseconds: 3), direction: .inbound,
                comment: { _ in "dropped: partition" })
            file.remark("", at: Instant(nanoseconds: 4))
            file.remark(String(repeating: "é", count: 40000), at: Instant(nanoseconds: 5))
            file.finish()
            #expect(
                try Tshark.read(
                    path, filter: "frame.number < 5", "frame.time_epoch", "frame.interface_name",
                    "frame.comment", "frame.packet_flags_direction", "eth.type")
                    == [
                        ["1767225600.000000001", "m1/eth0", "", "0x00000002", "0x0800"],
                        ["1767225600.000000002", "almanac", "partition m1|m2 begins, größer", "", "0x88b6"],
                        ["1767225600.000000003", "m2/eth0", "dropped: partition", "0x00000001", "0x0800"],
                        ["1767225600.000000004", "almanac", "", "", "0x88b6"],
                    ])
            #expect(
                try Tshark.read(path, filter: "frame.comment contains \"partition\"", "frame.number")
                    == [["2"], ["3"]])
            #expect(
                try Tshark.read(path, filter: "frame.number == 5", "frame.len", "frame.interface_name")
                    == [["65548", "almanac"]])
            #expect(try Tshark.complaints(path) == [])
        }
    }

    @Test func theSectionIsDescribed() throws {
        try withCapture { path, file in
            file.record(try datagram("x"), interface: 0, at: .zero, direction: .outbound)
            file.remark("a remark", at: Instant(nanoseconds: 1))
            file.finish()
            let lines = try Tshark.capinfos(path)
            for expected in [
                "File type: pcapng", "File encapsulation: ether",
                "File timestamp precision: nanoseconds (9)", "Packet size limit: file hdr: (not set)",
                "Number of packets: 2", "Strict time order: True", "Capture application: almanac",
                "Capture comment: network lan of größer", "Number of interfaces in file: 3",
                "Name = m2/eth0", "Description = lan, größer", "Name = almanac",
            ] {
                #expect(lines.contains(expected), "\(expected)")
            }
        }
    }

    // MARK: Writing

    /// One run's calls; `syncs` says after which of them the file is written.
    private func contents(syncs: (Int) -> Bool) throws -> Data {
        var contents = Data()
        try withCapture { path, file in
            for number in 0..<100 {
                let instant = Instant(nanoseconds: UInt64(number) * 1000)
                let frame =
                    number.isMultiple(of: 10)
                    ? try segments(isIPv6: false, payload: 20000, size: 1460) : try datagram("\(number)")
                file.record(
                    frame, interface: number % 2, at: instant, direction: .outbound,
                    comment: { _ in number % 7 == 0 ? "dropped" : nil })
                if number % 9 == 0 { file.remark("remark \(number)", at: instant) }
                if syncs(number) { file.sync() }
            }
            file.finish()
            contents = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        return contents
    }

    @Test func theFileDependsOnTheCallsAlone() throws {
        let file = try contents { _ in false }
        #expect(file.count > 3 * 65536)
        #expect(try contents { $0 % 3 == 0 } == file)
        #expect(try contents { _ in true } == file)
    }

    @Test func theBeginningIsWrittenAtOnceTheRestInLargePiecesAndAllBySync() throws {
        try withCapture { path, file in
            func size() throws -> Int { try Data(contentsOf: URL(fileURLWithPath: path)).count }
            let beginning = try size()
            #expect(try Tshark.read(path, "frame.number") == [])
            let frame = try datagram(String(repeating: "x", count: 958))
            // 1000 octets, their block, and its flags.
            let block = 1000 + 32 + 12
            // 14 octets and the words, padded; the words again.
            let remark = 24 + 32 + 16
            for count in 1...62 {
                file.record(frame, interface: 0, at: .zero, direction: .outbound)
                #expect(try size() == beginning, "\(count) packets")
            }
            file.record(frame, interface: 0, at: .zero, direction: .outbound)
            #expect(try size() == beginning + 63 * block)
            file.remark("a remark", at: .zero)
            #expect(try size() == beginning + 63 * block)
            file.sync()
            #expect(try size() == beginning + 63 * block + remark)
            #expect(try Tshark.read(path, "frame.number").count == 64)
            file.record(frame, interface: 0, at: .zero, direction: .outbound)
            file.finish()
            file.finish()
            #expect(try size() == beginning + 64 * block + remark)
        }
    }

    @Test func aFullDiskIsKeptAndNothingMoreIsWritten() throws {
        #expect(throws: Errno.noSuchFileOrDirectory) {
            try CaptureFile(path: "/nowhere/x.pcapng", start: 0, comment: nil, interfaces: [])
        }
        let file = try CaptureFile(path: "/dev/full", start: 0, comment: nil, interfaces: Self.interfaces)
        #expect(file.failure == .noSpace)
        for _ in 0..<100 {
            file.record(
                try segments(isIPv6: false, payload: 20000, size: 1460), interface: 0, at: .zero,
                direction: .outbound)
        }
        file.remark("a remark", at: .zero)
        file.finish()
        #expect(file.failure == .noSpace)
    }

    @Test func aFrameOfNoInterfaceAndOneAfterTheEndTrap() async {
        await #expect(processExitsWith: .failure) {
            let file = try CaptureFile(path: "/dev/null", start: 0, comment: nil, interfaces: [])
            file.record(Frame([]), interface: 0, at: .zero, direction: .inbound)
        }
        await #expect(processExitsWith: .failure) {
            let file = try CaptureFile(path: "/dev/null", start: 0, comment: nil, interfaces: [])
            file.finish()
            file.remark("too late", at: .zero)
        }
        await #expect(processExitsWith: .success) {
            let file = try CaptureFile(path: "/dev/null", start: 0, comment: nil, interfaces: [])
            file.remark("in time", at: .zero)
            file.finish()
        }
    }

    @Test func aTimeThatDoesNotFitIsTheLast() throws {
        let path = NSTemporaryDirectory() + "almanac-\(UUID().uuidString).pcapng"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try CaptureFile(path: path, start: .max - 5, comment: nil, interfaces: Self.interfaces)
        for instant: UInt64 in [4, 6] {
            file.record(
                try datagram("x"), interface: 0, at: Instant(nanoseconds: instant), direction: .outbound)
        }
        file.finish()
        #expect(
            try Tshark.read(path, "frame.time_epoch") == [
                ["18446744073.709551614"], ["18446744073.709551615"],
            ])
    }
}
