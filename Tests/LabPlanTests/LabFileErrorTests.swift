import Foundation
import LabPlan
import Testing

/// Every way to get a lab file wrong, and what is said about it: Errors/*.yaml with the message in Errors/*.txt.
struct LabFileErrorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "Errors"
    ).path

    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

    @Test func thereAreMany() { #expect(Self.names.count >= 45) }

    @Test(arguments: names)
    func message(name: String) throws {
        let text = try String(contentsOfFile: "\(Self.folder)/\(name).yaml", encoding: .utf8)
        let expected = try String(contentsOfFile: "\(Self.folder)/\(name).txt", encoding: .utf8)
        var message = "accepted"
        do { _ = try LabFile.parse(text, name: "lab.yaml") } catch { message = error.description }
        #expect(message + "\n" == expected)
    }

    @Test func nothingButPairs() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
        #expect(Set(files) == Set(Self.names.flatMap { ["\($0).yaml", "\($0).txt"] }))
    }
}
