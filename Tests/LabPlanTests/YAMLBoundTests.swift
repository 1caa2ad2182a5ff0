import Testing

@testable import LabPlan

/// Texts that are made to be expensive end with one line, before nodes are built.
struct YAMLBoundTests {
    private func message(_ text: String) -> String {
        do throws(LabFileError) {
            _ = try LabFile.parse(text, name: "lab.yaml")
            return "accepted"
        } catch {
            return error.description
        }
    }

    private static let tooDeep = "lists and mappings are nested more than 32 levels deep"
    private static let tooMany = "the file has more than 1000000 values once its aliases are followed"

    @Test func nestingIsBounded() {
        // libyaml reads ahead in lists of this form, so the place is its own.
        let list = message("name: x\nx: " + String(repeating: "[", count: 100_000))
        #expect(list.hasPrefix("lab.yaml:2:") && list.hasSuffix(": \(Self.tooDeep)"), "\(list)")
        #expect(message(String(repeating: "- ", count: 100_000) + "x").hasSuffix(Self.tooDeep))
        #expect(message(String(repeating: "{a: ", count: 100_000)).hasSuffix(Self.tooDeep))
        // As deep as may be: what is wrong then is something else.
        let deepest = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        #expect(message("x: \(deepest)").contains("unknown key 'x'"))
        #expect(message("x: [\(deepest)]").hasSuffix(Self.tooDeep))
    }

    /// Each level is nine times the one before; `use` says what is done with the last.
    private func bomb(levels: Int, _ use: String) -> String {
        var text = "name: x\na0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<levels {
            let row = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
            text += "a\(level): &a\(level) [\(row)]\n"
        }
        return text + use
    }

    @Test func aliasesCannotExplode() {
        #expect(message(bomb(levels: 12, "")).hasSuffix(Self.tooMany))
        #expect(message(bomb(levels: 24, "")).hasSuffix(Self.tooMany))
        // Nodes are hashed when they are keys.
        #expect(
            message(bomb(levels: 5, "? *a4\n: x\n"))
                == "lab.yaml:7:3: a key is a plain text, not a list or a mapping")
        #expect(
            message(bomb(levels: 5, "{*a4}: x\n")).hasSuffix("a key is a plain text, not a list or a mapping")
        )
        #expect(message("? [a]\n: x\n").hasSuffix("a key is a plain text, not a list or a mapping"))
    }

    @Test func aliasesCannotNestDeeply() {
        var text = "a0: &a0 [x]\n"
        for level in 1..<40 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(message(text).hasSuffix(Self.tooDeep))
    }

    /// What anchors are there for goes on working, as keys too.
    @Test func aliasesWork() {
        let text = """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24 } }
            machines:
              a: &server { networks: &nets [lan], run: [&command uname] }
              b: *server
              c: { networks: *nets, run: [*command] }
            """
        #expect(message(text) == "accepted")
        #expect(message("name: &n x\nmachines: { *n : { run: [x] } }") == "accepted")
    }

    @Test func longTextsAreRefused() {
        let line = "# a comment of a file that somebody made long\n"
        let text = String(repeating: line, count: (16 << 20) / line.utf8.count + 1)
        #expect(message(text) == "lab.yaml:1:1: the file is longer than 16 MiB")
        #expect(message(String(repeating: "- a\n", count: 1_000_001)).hasSuffix(Self.tooMany))
    }

    @Test func settingsAreBoundedToo() {
        let text = "name: x\nmachines: { a: { run: [x] } }"
        func message(_ setting: String) -> String {
            do throws(LabFileError) {
                _ = try LabFile.parse(text, name: "lab.yaml", settings: [setting])
                return "accepted"
            } catch {
                return error.message
            }
        }
        #expect(message("until=" + String(repeating: "[", count: 1000)) == Self.tooDeep)
        #expect(message("machines.a.run.+0=y") == "'+0' is not the number of an element, from 0")
        // Names that YAML takes for numbers are names.
        #expect(message("machines.7={ run: [x] }") == "accepted")
        #expect(message("machines.7.run=[y]") == "accepted")
    }

    @Test func pathsAreBounded() {
        let text = """
            name: x
            until: 1s
            networks: { lan: { subnet: 10.0.0.0/16, latencies: { m: { m: 5ms } } } }
            machines: { m: { count: 4000, model: echo, networks: [lan] } }
            """
        #expect(message(text).hasSuffix("network lan has more than 4194304 paths between machines"))
    }

    /// Two keys that differ only in what YAML takes them for are the same key.
    @Test func keysAreTexts() {
        #expect(
            message("name: x\nmachines: { 1: { run: [x] }, \"1\": { run: [y] } }").contains("is there twice"))
    }
}
