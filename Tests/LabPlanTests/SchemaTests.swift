import Foundation
import Testing

@testable import LabPlan

/// The JSON Schema of the lab file takes what is right, and refuses what is wrong by its structure.
struct SchemaTests {
    static func validator() throws -> SchemaValidator {
        SchemaValidator(root: try JSONValue(yaml: LabSchema.text))
    }

    private static func problem(in yaml: String) throws -> String? {
        try validator().problem(in: JSONValue(yaml: yaml))
    }

    @Test func everyExampleIsValid() throws {
        let folder = "\(ReferenceTests.project)/Examples"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.hasSuffix(".yaml")
        }
        #expect(names.count > 5)
        for name in names {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            #expect(try Self.problem(in: text) == nil, "\(name)")
            // What a run leaves as lab.yaml is a lab file too.
            #expect(
                try Self.problem(in: try LabFile.parse(text, name: name).yaml) == nil, "\(name), resolved")
        }
    }

    @Test func everyExampleOfThePagesIsValid() throws {
        let docs = "\(ReferenceTests.project)/docs"
        let pages = try FileManager.default.contentsOfDirectory(atPath: docs).filter { $0.hasSuffix(".md") }
            .map { "\(docs)/\($0)" }
        var count = 0
        for page in pages + ["\(ReferenceTests.project)/README.md"] {
            for block in ReferenceTests.blocks(try String(contentsOfFile: page, encoding: .utf8)) {
                // A compose file.
                guard !block.contains("\nservices:") else { continue }
                count += 1
                #expect(try Self.problem(in: ReferenceTests.completed(block)) == nil, "\(page): \(block)")
            }
        }
        #expect(count > 5)
    }

    /// Errors that a schema cannot say: they are about numbers, about several keys at once, or about the text itself.
    private static let beyondSchemas: Set<String> = [
        "address-broadcast", "address-count", "address-network", "address-no-subnet", "address-outside",
        "address-twice", "artifacts-model", "artifacts-up", "at-early", "bandwidth-zero", "check-after-end",
        "check-both",
        "check-early", "check-eventually-from", "check-until", "check-zero",
        "clock-for", "command-empty", "count-full", "count-key", "count-many", "count-twice", "drift-much",
        "env-name", "fault-after-at", "fault-after-end", "fault-early", "fault-group",
        "fault-machine", "fault-machine-nothing", "fault-machine-two", "fault-model",
        "fault-wrong-key", "file-dots", "file-relative", "graph-latency", "jitter-long", "kill-for",
        "kill-restart-zero", "latencies-itself", "latencies-stranger", "latencies-twice",
        "latencies-unknown", "latency-fraction", "latency-huge", "latency-long", "link-down-loss",
        "link-network",
        "link-nothing", "link-stranger", "link-turned", "log-machine", "log-model", "log-pattern",
        "loss-fine",
        "loss-much", "mac-count", "mac-group", "mac-twice", "machine-localhost", "machines-empty",
        "memory-odd", "memory-small", "model-check", "model-duration", "model-far-address", "model-far-peer",
        "model-itself", "model-kernel-key", "model-needs-peer", "model-no-network", "model-no-peer",
        "model-no-subnet", "model-size", "model-state", "network-twice", "network-unknown", "no-networks",
        "no-such-network", "node-no-graph", "nothing-to-wait-for", "partition-both-sides",
        "partition-empty", "partition-one", "partition-twice", "pause-for-ever", "point-to-point",
        "queue-no-bandwidth", "queue-other-key", "queue-thresholds", "queue-units", "random-amount",
        "random-from", "random-kind-twice", "random-late", "random-many", "random-nobody",
        "random-range", "random-until", "random-zero", "restart-for", "restart-never-killed",
        "after-circle", "after-no-health", "after-unknown", "expect-list", "hermetic-host", "program-and-run",
        "quotes-list", "root-path", "root-registry",
        "root-tag",
        "words-empty",
        "route-destination", "seed-sign", "shaped-without-latency", "start-early", "stop-signal",
        "subnet-full",
        "subnet-host-bits", "until-long", "when-pattern",
    ]

    /// Errors of the text itself: there is no value.
    private static let notYAML: Set<String> = [
        "brace-open", "bracket-open", "colon-space", "colon-space-last", "control-character", "indent-less",
        "indent-list", "indent-more", "key-without-colon", "quotes-command", "quotes-half", "quotes-open",
        "syntax", "tab", "twice",
    ]

    @Test func wrongStructuresAreInvalid() throws {
        for name in LabFileErrorTests.names {
            let text = try String(contentsOfFile: "\(LabFileErrorTests.folder)/\(name).yaml", encoding: .utf8)
            // What is no YAML is no value that a schema could be asked about.
            guard let value = try? JSONValue(yaml: text) else {
                #expect(Self.notYAML.contains(name))
                continue
            }
            let problem = try Self.validator().problem(in: value)
            #expect(
                (problem == nil) == Self.beyondSchemas.contains(name), "\(name): \(problem ?? "valid")")
        }
    }

    @Test(arguments: KeyTables.all.map(\.place)) func unknownKeysAreInvalid(place: String) throws {
        let table = try #require(KeyTables.all.first { $0.place == place })
        let name = place.replacing(" ", with: "-")
        let schema = try Self.validator().root
        let definition = try #require(schema.object?["$defs"]?.object?[name])
        #expect(definition.object?["additionalProperties"] == .bool(false))
        #expect(Set(definition.object?["properties"]?.object?.keys ?? [:].keys) == Set(table.names))
    }
}
