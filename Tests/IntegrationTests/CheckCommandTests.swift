import Foundation
import Testing

/// `almanac check` and `almanac schema`: lab files without a run.
struct CheckCommandTests {
    @Test func checkPrintsWhatIsInALab() throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(["check", "\(Almanac.project)/Examples/ping.yaml"], in: scratch.path)
        #expect(outcome.status == 0)
        #expect(
            outcome.output.hasSuffix(
                """
                ping.yaml: ping: 2 machines, 1 network, 1 command
                2 islands, windows of 5ms
                network lan: frames take at least 5ms

                """), "\(outcome.output)")
    }

    /// A network without a subnet has no names: often not meant.
    @Test func aNetworkWithoutASubnetIsNoted() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nnetworks: { lan: {}, spare: {} }\nmachines: { a: { networks: [lan], run: [x] } }\n",
            to: "lab.yaml")
        let outcome = try Almanac.run(["check", "lab.yaml"], in: scratch.path)
        #expect(outcome.status == 0)
        let notes = outcome.output.split(separator: "\n").filter { $0.hasPrefix("note: ") }
        #expect(notes.count == 1)
        #expect(notes.first?.hasPrefix("note: network lan has no 'subnet'") == true)
    }

    @Test func theSchemaIsJSON() throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(["schema"], in: scratch.path)
        #expect(outcome.status == 0)
        let schema = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(schema?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    /// Files that are made to be expensive end with one line, usage, and without having been read.
    @Test func expensiveFilesAreRefused() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/long.yaml"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 100 << 20)
        try file.close()
        try scratch.write("x: " + String(repeating: "[", count: 100_000), to: "deep.yaml")
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<20 {
            let row = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
            bomb += "a\(level): &a\(level) [\(row)]\n"
        }
        try scratch.write(bomb + "? *a19\n: x\n", to: "bomb.yaml")
        for (name, message) in [
            ("long.yaml", "cannot read the lab file long.yaml: it is longer than 16 MiB"),
            ("/dev/zero", "cannot read the lab file /dev/zero: it is longer than 16 MiB"),
            ("deep.yaml", ": lists and mappings are nested more than 32 levels deep"),
            ("bomb.yaml", "the file has more than 1000000 values once its aliases are followed"),
        ] {
            let outcome = try Almanac.run(["check", name], in: scratch.path)
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    }
}
