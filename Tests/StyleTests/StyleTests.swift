import Foundation
import Testing

/// The house's rules that a compiler does not check.
struct StyleTests {
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Which modules of the house a module may import: arrows go down only.
    static let arrows: [String: Set<String>] = [
        "CBuild": [],
        "Posix": ["CAlmanac"],
        "TimeTravelProtocol": [],
        "Calendar": [],
        "Network": ["Calendar"],
        "Trace": ["Calendar", "Network", "Posix"],
        "CalendarServer": ["Calendar", "TimeTravelProtocol", "Posix", "Trace"],
        "Guest": ["TimeTravelProtocol", "Posix"],
        "Almanac": ["Guest"],
        "Virtio": ["Network", "Posix", "CAlmanac"],
        "Report": ["Calendar", "ReportPage", "Trace"],
        "Models": ["Guest", "Network"],
        "Simulation": ["Calendar", "CalendarServer", "Models", "Network", "Posix", "Trace", "Virtio"],
        "LabPlan": ["Models", "Network"],
        "Lab": [
            "Calendar", "CalendarServer", "LabPlan", "Models", "Network", "Posix", "Report", "Simulation",
            "Trace",
        ],
        "AlmanacTool": [
            "CBuild", "Calendar", "CalendarServer", "Lab", "LabPlan", "Network", "Posix", "Report", "Trace",
        ],
    ]

    /// Modules that never open a descriptor.
    static let pure: Set<String> = ["Calendar", "Network", "TimeTravelProtocol"]

    struct File {
        let module: String
        let name: String
        let lines: [Substring]
    }

    static func files(below folder: String, suffixes: [String]) -> [File] {
        let root = "\(project)/\(folder)"
        let names = (FileManager.default.enumerator(atPath: root)?.allObjects as? [String]) ?? []
        return names.filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted().compactMap { name in
            guard let text = try? String(contentsOfFile: "\(root)/\(name)", encoding: .utf8) else {
                return nil
            }
            let module = String(name.split(separator: "/").first ?? "")
            return File(
                module: module, name: "\(folder)/\(name)",
                lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    static let sources = files(below: "Sources", suffixes: [".swift"])

    private func imports(_ file: File) -> [String] {
        file.lines.compactMap { line in
            guard
                let match = line.firstMatch(
                    of: /^(?:internal|package|public|private)? ?import (?:\w+ )?(\w+)/)
            else { return nil }
            return String(match.1)
        }
    }

    @Test func thereAreSources() { #expect(Self.sources.count > 30) }

    @Test func arrowsGoDownOnly() {
        let modules = Set(Self.arrows.keys).union(["CAlmanac", "ReportPage"])
        for file in Self.sources {
            guard let allowed = Self.arrows[file.module] else {
                Issue.record("\(file.name): module \(file.module) has no place in the house")
                continue
            }
            let wrong = imports(file).filter { modules.contains($0) && !allowed.contains($0) }
            #expect(wrong.isEmpty, "\(file.name) imports \(wrong)")
        }
    }

    @Test func pureModulesImportNoSystem() {
        for file in Self.sources where Self.pure.contains(file.module) {
            let wrong = imports(file).filter {
                ["Glibc", "Foundation", "SystemPackage", "Dispatch"].contains($0)
            }
            #expect(wrong.isEmpty, "\(file.name) imports \(wrong)")
        }
    }

    @Test func onlyGuestMemoryAndTheShimsTouchSharedMemory() {
        for file in Self.sources where file.module == "Virtio" && !file.name.hasSuffix("/GuestMemory.swift") {
            let pointers = file.lines.filter { $0.contains("Unsafe") && $0.contains("Pointer") }
            #expect(pointers.isEmpty, "\(file.name): \(pointers)")
        }
    }

    @Test func filesStayShort() {
        let all = Self.sources + Self.files(below: "Tests", suffixes: [".swift"])
        for file in all { #expect(file.lines.count <= 400, "\(file.name) has \(file.lines.count) lines") }
    }

    @Test func everyImportSaysWhoSeesIt() {
        for file in Self.sources {
            let bare = file.lines.filter { $0.hasPrefix("import ") }
            #expect(bare.isEmpty, "\(file.name): \(bare)")
        }
    }

    @Test func declarationsForOthersAreDocumented() {
        for file in Self.sources where !["AlmanacTool"].contains(file.module) {
            for (index, line) in file.lines.enumerated()
            where line.hasPrefix("package ") && !line.hasPrefix("package import") {
                var above = index - 1
                while above >= 0, file.lines[above].hasPrefix("@") { above -= 1 }
                #expect(
                    above >= 0 && file.lines[above].hasPrefix("///"), "\(file.name):\(index + 1): \(line)")
            }
        }
    }

    /// What users of the library see, members included; only what a protocol of Swift's own describes may go without.
    @Test func publicDeclarationsAreDocumented() {
        let known = ["static func <", "var description:"]
        var count = 0
        for file in Self.sources {
            for (index, line) in file.lines.enumerated() {
                let text = line.drop { $0 == " " }
                guard text.hasPrefix("public "), !text.hasPrefix("public import") else { continue }
                if known.contains(where: { text.contains($0) }) { continue }
                count += 1
                var above = index - 1
                while above >= 0, file.lines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
                let comment = above >= 0 ? file.lines[above].drop { $0 == " " } : ""
                #expect(comment.hasPrefix("///"), "\(file.name):\(index + 1): \(line)")
            }
        }
        #expect(count > 50)
    }

    @Test func nothingIsLeftUndone() {
        let words = ["TO" + "DO", "FIX" + "ME"]
        let all =
            Self.sources + Self.files(below: "Tests", suffixes: [".swift"])
            + Self.files(below: "Kernel", suffixes: [""])
        for file in all {
            let marks = file.lines.filter { line in words.contains { line.contains($0) } }
            #expect(marks.isEmpty, "\(file.name): \(marks)")
        }
    }
}
