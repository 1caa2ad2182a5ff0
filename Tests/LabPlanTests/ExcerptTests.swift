import Testing

@testable import LabPlan

/// What messages show of a file is one line of bounded length.
struct ExcerptTests {
    @Test func shortTextsStay() {
        #expect(Excerpt.of("") == "")
        #expect(Excerpt.of("lan/m1 é 'x'") == "lan/m1 é 'x'")
        let longest = String(repeating: "é", count: 80)
        #expect(Excerpt.of(longest) == longest)
    }

    @Test func longTextsAreCut() {
        #expect(Excerpt.of(String(repeating: "x", count: 81)) == String(repeating: "x", count: 80) + "…")
        // One character of many scalars is cut as well.
        let accents = "e" + String(repeating: "\u{301}", count: 1000)
        #expect(Excerpt.of(accents).unicodeScalars.count == 81)
    }

    @Test func whatEndsALineIsEscaped() {
        #expect(Excerpt.of("a\nb\tc\u{0}\u{85}\u{2028}") == #"a\nb\tc\0\u{0085}\u{2028}"#)
        #expect(quoted("a\r\nb") == #"'a\r\nb'"#)
    }

    private static let long = String(repeating: "k", count: 40_000)
    private static let machine = "machines: { a: { run: [ true ] } }"

    /// Each place at which a text of the file may be in a message.
    @Test(arguments: [
        "name: \(long)\n\(machine)", "? \(long)\n: 1\n\(machine)",
        "machines: { ? \(long) : { run: [ true ] } }",
        "machines: { ? \(long) : { count: x } }", "networks: { ? \(long) : { x: 1 } }\n\(machine)",
        "machines: { a: { env: { ? \(long) : [] }, run: [ true ] } }", "machines: { a: { memory: \(long) } }",
        "machines: { a: { ? \(long) : 1 } }", "machines: { a: { networks: [ \(long) ] } }",
        "machines: { a: { networks: { ? \(long) : { mtu: x } } } }", "start: \(long)\n\(machine)",
        "machines: { a: { model: { kind: \(long) } } }", "machines: { a: { files: { ? \(long) : x } } }",
        "machines: { a: { routes: { ? \(long) : 10.0.0.1 } } }", "seed: 1\n? \(long)\n: 1\n? \(long)\n: 2\n",
        "\(machine)\nfaults: [ { at: 1s, machine: \(long), kill: true } ]",
        "\(machine)\nfaults: [ { at: 1s, link: \(long)/a, down: true } ]",
        "\(machine)\nlogs: [ { never: \"(\(long)\" } ]", "name: \"a\\nb\"\n\(machine)",
        "machines: { \"a\\nb\": { run: [ true ] } }", "machines: { a: { \"b\\nc\": 1 } }",
        "machines: { a: { env: { \"b\\u2028c\": [] } } }",
    ]) func messagesAreShortLines(_ text: String) {
        let text = text.hasPrefix("name:") ? text : "name: x\n\(text)"
        do throws(LabFileError) {
            _ = try LabFile.parse(text, name: "lab.yaml")
            Issue.record("accepted")
        } catch {
            let message = error.description
            #expect(message.utf8.count < 600, "\(message.utf8.count) bytes: \(message.prefix(200))")
            #expect(
                !message.unicodeScalars.contains { $0 == "\n" || $0 == "\u{2028}" }, "\(message.prefix(200))")
        }
    }
}
