internal import LabPlan

/// Files that are as large, as deep or as repetitive as those that tools write for compose: each ends with one line.
final class MonsterFileWorld: FuzzWorld {
    /// Inputs after which nothing new comes.
    static let count: UInt64 = 64

    private enum Shape: CaseIterable {
        case deepFlow, deepBlock, deepMappings, huge, laughs, laughingKeys, manyKeys, manyElements,
            longScalar, longKey
        case longLine, comments, documents, anchors, machines, openQuotes, sharedMappings, longAnchors,
            deepPattern, longPattern
    }

    func run(_ random: inout FuzzRandom) throws -> String {
        let shape = random.pick(Shape.allCases)
        let text = Self.text(shape, &random)
        do throws(LabFileError) {
            _ = try LabFile.parse(text, name: "monster.yaml")
        } catch {
            return try "\(shape): \(Outcome.of(error, names: "monster.yaml:"))"
        }
        throw FuzzFailure("\(shape) of \(text.utf8.count) bytes is a lab")
    }

    private static func text(_ shape: Shape, _ random: inout FuzzRandom) -> String {
        /// About `count`, never the same.
        func about(_ count: Int) -> Int { count - random.below(count / 4) }
        switch shape {
        case .deepFlow: return "x: " + String(repeating: "[", count: about(100_000))
        case .deepBlock: return String(repeating: "- ", count: about(100_000))
        case .deepMappings: return String(repeating: "{a: ", count: about(100_000))
        case .huge: return String(repeating: "a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n", count: about(3_000_000))
        case .laughs: return laughs(levels: 12, ending: "name: *l11\n")
        case .laughingKeys: return laughs(levels: 12, ending: "? *l11\n: x\n? *l10\n: y\n")
        case .manyKeys:
            return (0..<about(1_000_000)).map { "k\($0): 1" }.joined(separator: "\n")
        case .manyElements: return "name: [" + String(repeating: "1,", count: about(2_000_000)) + "]"
        case .longScalar:
            return "machines: { a: { run: [ true ] } }\nname: "
                + String(repeating: "a", count: about(16_000_000))
        case .longKey: return "? " + String(repeating: "k", count: about(2_000_000)) + "\n: 1\n"
        case .longLine: return "name: x, " + String(repeating: "y: z, ", count: about(1_000_000))
        case .comments: return String(repeating: "# nothing\n", count: about(1_500_000))
        case .documents: return String(repeating: "--- a\n", count: about(1_000_000))
        case .anchors: return (0..<about(100_000)).map { "- &a\($0) x" }.joined(separator: "\n")
        case .machines: return "name: x\nmachines: { m: { count: 99999999, run: [ true ] } }\n"
        case .openQuotes: return "name: \"" + String(repeating: "\\u0041", count: about(1_000_000))
        case .sharedMappings:
            return "name: &a { b: 1 }\n" + (0..<about(300_000)).map { "k\($0): *a" }.joined(separator: "\n")
        case .deepPattern: return pattern(String(repeating: "(", count: about(100_000)))
        case .longPattern: return pattern(String(repeating: "a?", count: about(1_000_000)) + "(")
        case .longAnchors: return "name: &" + String(repeating: "a", count: about(4_000_000)) + " x\n"
        }
    }

    /// A lab that looks for a pattern in its logs.
    private static func pattern(_ text: String) -> String {
        "name: x\nmachines: { a: { run: [ true ] } }\nlogs: [ { never: \"\(text)\" } ]\n"
    }

    /// Each level ten times the one before ("billion laughs").
    private static func laughs(levels: Int, ending: String) -> String {
        var lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
        for level in 1..<levels {
            let before = Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ")
            lines.append("l\(level): &l\(level) [\(before)]")
        }
        return lines.joined(separator: "\n") + "\n" + ending
    }
}
