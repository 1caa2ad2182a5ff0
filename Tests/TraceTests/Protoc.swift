import Foundation
import Testing

/// The compiler of Protocol Buffers, run as a reader of Perfetto's files: it shares no code with what writes them.
enum Protoc {
    /// A message: its fields, in the order of their numbers.
    struct Message {
        var fields: [(name: String, value: String)] = []
        var messages: [(name: String, message: Message)] = []

        subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
        func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
        func message(_ name: String) -> Message? { messages.first { $0.name == name }?.message }
        func messages(_ name: String) -> [Message] { messages.filter { $0.name == name }.map(\.message) }

        /// Names of fields, those of messages within it too.
        var names: Set<String> {
            messages.reduce(into: Set(fields.map(\.name) + messages.map(\.name))) {
                $0.formUnion($1.message.names)
            }
        }
    }

    /// Decodes the file at `path`; what the definitions do not have has numbers for names.
    static func decode(_ path: String) throws -> Message {
        let program = try #require(
            ["/usr/local/bin/protoc", "/usr/bin/protoc"].first {
                FileManager.default.isExecutableFile(atPath: $0)
            }, "protoc is not there: install the package protobuf-compiler, as `make test` does")
        let definitions = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Programs"
        let output = NSTemporaryDirectory() + "almanac-protoc-\(UUID().uuidString)"
        defer {
            for suffix in ["", ".errors"] { try? FileManager.default.removeItem(atPath: output + suffix) }
        }
        for suffix in ["", ".errors"] { try Data().write(to: URL(fileURLWithPath: output + suffix)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [
            "--proto_path=\(definitions)", "--decode=perfetto.protos.Trace", "perfetto.proto",
        ]
        process.standardInput = FileHandle(forReadingAtPath: path)
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: output + ".errors")
        try process.run()
        let limit = Date().addingTimeInterval(60)
        while process.isRunning, Date() < limit { Thread.sleep(forTimeInterval: 0.01) }
        if process.isRunning {
            Issue.record("protoc did not end within 60 s")
            kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        let errors = try String(contentsOfFile: output + ".errors", encoding: .utf8)
        #expect(process.terminationStatus == 0 && errors.isEmpty, "protoc: \(errors)")
        return try parse(String(contentsOfFile: output, encoding: .utf8))
    }

    /// The text format as protoc prints it: a field, the beginning or the end of a message a line.
    private static func parse(_ text: String) throws -> Message {
        var open: [(name: String, message: Message)] = [("", Message())]
        for line in text.split(separator: "\n") {
            let line = line.drop { $0 == " " }
            if line == "}" {
                let (name, message) = open.removeLast()
                open[open.count - 1].message.messages.append((name, message))
            } else if line.hasSuffix(" {") {
                open.append((String(line.dropLast(2)), Message()))
            } else {
                let colon = try #require(line.firstRange(of: ": "), "\(line)")
                let value = line[colon.upperBound...]
                open[open.count - 1].message.fields.append(
                    (
                        String(line[..<colon.lowerBound]),
                        value.first == "\"" ? unescaped(value) : String(value)
                    ))
            }
        }
        try #require(open.count == 1)
        return open[0].message
    }

    /// What stands between quotes, where octets that are not ASCII are three octal digits.
    private static func unescaped(_ quoted: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(quoted.utf8.dropFirst().dropLast())[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.first else {
                bytes.append(byte)
                continue
            }
            if let octal = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
                bytes.append(octal)
                rest.removeFirst(3)
            } else {
                let controls: [UInt8: UInt8] = [
                    UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
                ]
                bytes.append(controls[next] ?? next)
                rest.removeFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What a file of Perfetto's shows.
struct PerfettoTrace {
    struct Event {
        var time: UInt64
        var type: String
        var track: UInt64
        var name: String?
        var flows: [UInt64]
        var lastOfFlows: [UInt64]
        var annotations: [String: String]
        var value: UInt64?

        /// In few words: `150 begin turn`.
        var text: String {
            let words: [String?] = [
                "\(time)", type, name, value.map { "\($0)" },
                annotations.isEmpty
                    ? nil
                    : "(\(annotations.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")))",
            ]
            return words.compactMap { $0 }.joined(separator: " ")
        }
    }

    let packets: [Protoc.Message]
    /// By track, `machine/track`; in the order of the file.
    let names: [UInt64: String]
    let events: [Event]

    init(_ path: String) throws {
        let trace = try Protoc.decode(path)
        // A number for a name is a field that Perfetto does not have, or not of this type.
        let unknown = trace.names.filter { $0.first?.isNumber == true }
        #expect(unknown.isEmpty, "fields \(unknown)")
        packets = trace.messages("packet")
        var names: [UInt64: String] = [:]
        var events: [Event] = []
        for packet in packets {
            #expect(packet["trusted_packet_sequence_id"] == "1")
            if let track = packet.message("track_descriptor"), track["uuid"] != "0" {
                let uuid = try #require(track["uuid"].flatMap(UInt64.init))
                let own = try #require(track.message("process")?["process_name"] ?? track["name"])
                let parent = try track["parent_uuid"].map {
                    try #require(UInt64($0).flatMap { names[$0] }, "a parent comes first")
                }
                #expect(names[uuid] == nil)
                names[uuid] = parent.map { "\($0)/\(own)" } ?? own
            }
            guard let event = packet.message("track_event") else { continue }
            let track = try #require(event["track_uuid"].flatMap(UInt64.init))
            #expect(names[track] != nil, "a track comes before its events")
            let kinds = [
                "TYPE_SLICE_BEGIN": "begin", "TYPE_SLICE_END": "end", "TYPE_INSTANT": "at",
                "TYPE_COUNTER": "is",
            ]
            events.append(
                Event(
                    time: try #require(packet["timestamp"].flatMap(UInt64.init)),
                    type: try #require(event["type"].flatMap { kinds[$0] }), track: track,
                    name: event["name"], flows: event.all("flow_ids").compactMap(UInt64.init),
                    lastOfFlows: event.all("terminating_flow_ids").compactMap(UInt64.init),
                    annotations: Dictionary(
                        uniqueKeysWithValues: event.messages("debug_annotations").map {
                            ($0["name"] ?? "", $0["uint_value"] ?? $0["string_value"] ?? "")
                        }),
                    value: event["counter_value"].flatMap(UInt64.init)))
        }
        self.names = names
        self.events = events
    }

    /// What happened on a track, `machine/track`, in the order of the file.
    func texts(_ name: String) -> [String] { events.filter { names[$0.track] == name }.map(\.text) }

    func events(on name: String) -> [Event] { events.filter { names[$0.track] == name } }
}
