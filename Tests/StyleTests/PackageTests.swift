import Foundation
import Testing

/// What the package manifests must agree on.
struct PackageTests {
    private static func manifest(_ path: String) throws -> String {
        try String(contentsOfFile: "\(StyleTests.project)/\(path)", encoding: .utf8)
    }

    /// A dependency that floats would make another program of the same source.
    @Test(arguments: ["Package.swift", "Benchmarks/Package.swift"])
    func noDependencyFloats(path: String) throws {
        let lines = try Self.manifest(path).split(separator: "\n").filter { $0.contains(".package(") }
        if path == "Package.swift" { #expect(lines.count >= 3) }
        for line in lines {
            #expect(
                line.contains(/exact: "\d+\.\d+\.\d+"\)/) || line.contains(".package(path:"),
                "\(path): \(line): write exact: and a version")
        }
    }

    @Test func benchmarksAreBuiltWithTheSameSettings() throws {
        func settings(_ path: String) throws -> Substring {
            let text = try Self.manifest(path)
            return try #require(text.firstMatch(of: /let settings: \[SwiftSetting\] = \[[^\]]*\]/)).output
        }
        let main = try settings("Package.swift")
        #expect(main.contains(".strictMemorySafety()"))
        #expect(try settings("Benchmarks/Package.swift") == main)
    }

    @Test(arguments: ["Package.swift", "Benchmarks/Package.swift"])
    func bothNeedTheSameTools(path: String) throws {
        #expect(try Self.manifest(path).hasPrefix("// swift-tools-version: 6.3\n"))
    }
}
