import Testing
import Trace

/// The lines of a console: the same however the bytes come, and however they are looked at.
struct ConsoleLineTests {
    @Test func linesAreTheSameInAnySplit() {
        let long = String(repeating: "l", count: 2 * ConsoleLines.limit + 10)
        let exact = String(repeating: "e", count: ConsoleLines.limit)
        let bytes = Array("first\n\n\(long)\n\(exact)\nlast".utf8)
        let expected =
            ["first", ""]
            + [
                exact.replacing("e", with: "l"), exact.replacing("e", with: "l"),
                String(repeating: "l", count: 10),
            ]
            + [exact, "last"]
        #expect(ConsoleLines.text(of: bytes) == expected)
        for split in stride(from: 0, through: bytes.count, by: 997) {
            var lines = ConsoleLines()
            var found = lines.lines(ending: bytes[..<split])
            found += lines.lines(ending: bytes[split...])
            found += lines.takeRest()
            #expect(found.map { String(decoding: $0, as: UTF8.self) } == expected)
            #expect(lines.takeRest().isEmpty)
        }
    }

    @Test func aLineEndAtTheEndBeginsNoLine() {
        #expect(ConsoleLines.text(of: "a\n".utf8) == ["a"])
        #expect(ConsoleLines.text(of: "".utf8).isEmpty)
        #expect(ConsoleLines.text(of: "\n".utf8) == [""])
    }
}
