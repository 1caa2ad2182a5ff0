import Foundation
import Testing

/// What README shows works as pasted.
struct ReadmeTests {
    private static let text =
        (try? String(contentsOfFile: "\(Almanac.project)/README.md", encoding: .utf8)) ?? ""

    /// The block of code after the line that is this file's name.
    private func block(_ name: String) throws -> String {
        let after = try #require(Self.text.range(of: "`\(name)`\n\n```swift\n")).upperBound
        let end = try #require(Self.text.range(of: "\n```\n", range: after..<Self.text.endIndex)).lowerBound
        return String(Self.text[after..<end]) + "\n"
    }

    /// The program joins `almanac calendar` from a package of its own, outside the repository.
    @Test func theProgramWorksAsPasted() throws {
        let scratch = try Scratch()
        let program = try block("Sources/heartbeat/main.swift")
        #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
        let folder = "\(scratch.path)/heartbeat"
        try FileManager.default.createDirectory(
            atPath: "\(folder)/Sources/heartbeat", withIntermediateDirectories: true)
        // The clone stands beside it under the name that README gives it.
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/almanac", withDestinationPath: Almanac.project)
        try scratch.write(program, to: "heartbeat/Sources/heartbeat/main.swift")
        try scratch.write(try block("Package.swift"), to: "heartbeat/Package.swift")
        let build = try Almanac.Running("/usr/bin/env", ["swift", "build"], in: folder).wait(seconds: 600)
        try #require(build.status == 0, "\(build.output)\(build.errors)")

        let calendar = try Almanac.Running(
            Almanac.program, ["calendar", "--socket", "calendar", "--clients", "1"], in: scratch.path)
        let socket = "\(scratch.path)/calendar"
        for _ in 0..<1000 where !FileManager.default.fileExists(atPath: socket) { usleep(10_000) }
        let heart = try Almanac.Running(
            "\(folder)/.build/debug/heartbeat", ["time-travel=ext:7:\(socket)"], in: scratch.path
        ).wait()
        #expect(heart.status == 0, "\(heart.errors)")
        #expect(
            heart.output == """
                600.000000000 s  mouse
                1200.000000000 s  mouse
                1500.000000000 s  whale
                1800.000000000 s  mouse
                2400.000000000 s  mouse
                3000.000000000 s  whale
                3000.000000000 s  mouse
                3600.000000000 s  mouse
                8 beats

                """)
        let served = calendar.wait()
        #expect(served.status == 0)
        #expect(served.output.contains("left at 4500.000000000 s"), "\(served.output)")
    }

    @Test func everyExampleIsMentioned() throws {
        for name in ["ping", "models", "mixed"] { #expect(Self.text.contains("Examples/\(name).yaml")) }
    }
}
