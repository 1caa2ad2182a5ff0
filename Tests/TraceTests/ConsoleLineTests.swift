import Testing
import Trace

/// The lines of a console: the same however the bytes come, and however they are read.
struct ConsoleLineTests {
    @Test func linesAreTheSameInAnySplit() {
        let long = String(repeating: "l", count: 2 * LineCutter.limit + 10)
        let exact = String(repeating: "e", count: LineCutter.limit)
        let bytes = Array("first\n\n\(long)\n\(exact)\nlast".utf8)
        let expected =
            ["first", ""]
            + [
                exact.replacing("e", with: "l"), exact.replacing("e", with: "l"),
                String(repeating: "l", count: 10),
            ]
            + [exact, "last"]
        #expect(LineCutter.text(of: bytes) == expected)
        for split in stride(from: 0, through: bytes.count, by: 997) {
            var lines = LineCutter()
            var found = lines.lines(ending: bytes[..<split])
            found += lines.lines(ending: bytes[split...])
            found += lines.takeRest()
            #expect(found.map { String(decoding: $0, as: UTF8.self) } == expected)
            #expect(lines.takeRest().isEmpty)
        }
    }

    @Test func aLineEndAtTheEndBeginsNoLine() {
        #expect(LineCutter.text(of: "a\n".utf8) == ["a"])
        #expect(LineCutter.text(of: "".utf8).isEmpty)
        #expect(LineCutter.text(of: "\n".utf8) == [""])
    }
}
