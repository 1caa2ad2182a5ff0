import Foundation
import LabPlan
import Testing

@testable import Lab

struct FilePiecesTests {
    /// Whatever their lengths, the pieces of each file are its bytes, in order; an empty file has one empty piece.
    @Test(arguments: [
        0, 1, FilePieces.length - 1, FilePieces.length, FilePieces.length + 1, 3 * FilePieces.length,
    ])
    func piecesAreTheFile(_ count: Int) throws {
        let folder = NSTemporaryDirectory() + "almanac-pieces-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/source"))
        let text = String(repeating: "x", count: count)
        var pieces = FilePieces(
            [
                FilePlan(path: "/a", contents: .from("source"), mode: 0o755),
                FilePlan(path: "/b", contents: .inline(text), mode: 0o600),
            ], folder: folder)
        var files: [String: [UInt8]] = [:]
        while let piece = try pieces.next() {
            guard case .file(let path, let mode, let bytes, let isFirst) = piece else {
                Issue.record("\(piece)")
                return
            }
            #expect(isFirst == (files[path] == nil))
            #expect(mode == (path == "/a" ? 0o755 : 0o600))
            #expect(bytes.count <= FilePieces.length)
            files[path, default: []] += bytes
        }
        #expect(files == ["/a": bytes, "/b": Array(text.utf8)])
    }

    @Test func aFileThatIsGoneIsNamed() {
        var pieces = FilePieces(
            [FilePlan(path: "/a", contents: .from("gone"), mode: 0o644)], folder: "/nowhere")
        #expect {
            _ = try pieces.next()
        } throws: { "\($0)".contains("cannot read /nowhere/gone for /a") }
    }
}
