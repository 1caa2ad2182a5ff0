import Foundation
import Testing

/// Package.swift declares what each target imports.
struct DependencyTests {
    /// Modules by the names that Package.swift uses for products.
    private static let products = ["system": "SystemPackage"]

    /// Folders that are not named after their targets.
    private static let folders = ["FuzzTool": "fuzz", "FuzzGuided": "fuzz-guided"]

    /// How a line with an import begins.
    private static let beginnings = ["", "@testable ", "internal ", "package ", "public ", "private "].map {
        $0 + "import "
    }

    /// Targets with their dependencies, as Package.swift writes them: `module("Posix", ["CAlmanac", system])`.
    static func declared(in manifest: String) -> [String: Set<String>] {
        let pattern =
            /(module|tests|executableTarget|target)\(\s*(?:name:\s*)?"([\w-]+)"(?:,\s*(?:dependencies:\s*)?\[([^\]]*)\])?/
        var targets: [String: Set<String>] = [:]
        for match in manifest.matches(of: pattern) {
            let name = match.1 == "tests" ? "\(match.2)Tests" : String(match.2)
            let names = (match.3 ?? "").matches(of: /\w+/).map { String($0.0) }
            targets[name] = Set(names.map { products[$0] ?? $0 })
        }
        return targets
    }

    private static func manifest() throws -> String {
        try String(contentsOfFile: "\(StyleTests.project)/Package.swift", encoding: .utf8)
    }

    @Test func theManifestIsRead() throws {
        let targets = Self.declared(
            in: """
                module("A", []),
                module(
                    "B",
                    [
                        "A", system, .product(name: "Yams", package: "Yams"),
                    ]),
                .executableTarget(
                    name: "Tool", dependencies: ["B"]),
                tests("A"), tests("B", ["A"], resources: ["Files"]),
                """)
        #expect(targets["A"] == [] && targets["Tool"] == ["B"] && targets["ATests"] == [])
        #expect(targets["B"]?.isSuperset(of: ["A", "SystemPackage", "Yams"]) == true)
        #expect(targets["BTests"] == ["A"])
    }

    @Test func everyImportIsDeclared() throws {
        let targets = Self.declared(in: try Self.manifest())
        let known = Set(targets.keys).union(["SystemPackage", "Yams", "ArgumentParser"])
        var count = 0
        for file in StyleTests.sources + StyleTests.files(below: "Tests", suffixes: [".swift"]) {
            guard let declared = targets[Self.folders[file.module] ?? file.module] else {
                Issue.record("\(file.name): Package.swift has no target \(file.module)")
                continue
            }
            for line in file.lines where Self.beginnings.contains(where: { line.hasPrefix($0) }) {
                // "internal import Posix", "import struct Calendar.Calendar"
                let names = line.split { $0 == " " || $0 == "." }.drop { $0 != "import" }.dropFirst()
                let kinds: Set<Substring> = ["struct", "class", "enum", "func", "typealias"]
                guard let name = names.first(where: { !kinds.contains($0) }) else { continue }
                let module = String(name)
                guard known.contains(module) else { continue }
                count += 1
                #expect(
                    declared.contains(module), "\(file.name) imports \(module): Package.swift does not say so"
                )
            }
        }
        #expect(count > 300)
    }
}
