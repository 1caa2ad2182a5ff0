import Foundation
import Testing

/// The size of types, and which module may extend them: what a compiler does not check.
struct StructureTests {
    /// A type that a source declares: its module, its file and its stored properties.
    struct Declaration {
        let module: String
        let file: String
        let name: String
        let storedProperties: Int
    }

    /// Types that are only data: what a file or a page holds.
    static let plainData: Set<String> = ["RunSummary", "TimelineData", "TimelineLimits"]
    static let storedPropertyLimit = 15

    /// The types of a file, found by indentation, which the formatter keeps.
    static func declarations(of file: StyleTests.File) -> [Declaration] {
        let head =
            /^( *)(?:(?:package|public|private|fileprivate|final|indirect|@\w+) )*(struct|class|actor|enum|protocol) (\w+)/
        return file.lines.enumerated().compactMap { index, line in
            guard let match = line.firstMatch(of: head), line.hasSuffix("{") else { return nil }
            let body = file.lines[(index + 1)...].prefix { !$0.hasPrefix(match.1 + "}") }
            let isCounted = match.2 == "struct" || match.2 == "class" || match.2 == "actor"
            return Declaration(
                module: file.module, file: file.name, name: String(match.3),
                storedProperties: isCounted ? count(of: body, indentation: match.1.count + 4) : 0)
        }
    }

    /// Stored properties among the members of a type: no accessor follows, or only observers.
    private static func count(of body: ArraySlice<Substring>, indentation: Int) -> Int {
        let member =
            /^( *)(?:(?:package|public|private|fileprivate|internal|weak|unowned|lazy|private\(set\)|internal\(set\)) )*(let|var) \w+(.*)$/
        return body.indices.count { index in
            guard let match = body[index].firstMatch(of: member), match.1.count == indentation else {
                return false
            }
            if match.2 == "let" { return true }
            if match.3.contains("=") && !match.3.contains("{ ") { return true }
            guard match.3.contains("{") else { return true }
            return index + 1 < body.endIndex && body[index + 1].contains("Set {")
        }
    }

    static let all = StyleTests.sources.flatMap(declarations)

    @Test func typesAreFound() {
        let link = Self.all.first { $0.name == "Calendar" && $0.module == "Calendar" }
        #expect(link?.storedProperties == 15)
        #expect(Self.all.count > 300)
    }

    @Test func typesHaveFewStoredProperties() {
        for type in Self.all where !Self.plainData.contains(type.name) {
            #expect(
                type.storedProperties <= Self.storedPropertyLimit,
                "\(type.file): \(type.name) has \(type.storedProperties) stored properties")
        }
    }

    /// A conformance without members, for the command line's parser, adds nothing to another module's type.
    @Test func noModuleExtendsAnothersType() {
        let modules = Dictionary(Self.all.map { ($0.name, Set([$0.module])) }) { $0.union($1) }
        for file in StyleTests.sources {
            for line in file.lines {
                guard let match = line.firstMatch(of: /^(?:\w+ )?extension (\w+)/), !line.hasSuffix("{}"),
                    let owners = modules[String(match.1)]
                else { continue }
                #expect(owners.contains(file.module), "\(file.name): \(line)")
            }
        }
    }
}
