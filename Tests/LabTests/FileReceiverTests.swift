import Foundation
import Testing

@testable import Lab

/// A machine sends files as it likes: what is written stays in the folder, and is bounded.
struct FileReceiverTests {
    /// A folder with another beside it, which nothing may touch.
    final class World {
        let path = NSTemporaryDirectory() + "almanac-receiver-\(UInt32.random(in: 0 ... .max))"
        var folder: String { "\(path)/machine/files" }

        init() throws {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "untouched".write(toFile: "\(path)/victim", atomically: false, encoding: .utf8)
        }

        /// All files below, relative to it, and the targets of links.
        func listing() throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().map { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
                return target.map { "\(name) -> \($0)" } ?? name
            }
        }

        func read(_ name: String) -> String? {
            try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func receiver(_ world: World, bytes: UInt64 = 1000, entries: UInt64 = 100) throws -> FileReceiver
    {
        try FileReceiver(folder: world.folder, limits: .init(bytes: bytes, entries: entries))
    }

    private func file(_ path: String, mode: UInt32 = 0o644) -> FileEntry {
        .file(path: Array(path.utf8), mode: mode, changed: 1_500_000_000)
    }

    private func link(_ path: String, to target: String) -> FileEntry {
        .link(path: Array(path.utf8), target: Array(target.utf8))
    }

    @Test func filesAreWritten() throws {
        let world = try World()
        let receiver = try receiver(world)
        let entries = [
            .folder(path: Array("/var/log".utf8), mode: 0o40000, changed: 0),
            file("/var/log/a", mode: 0o104777),
            .content([104, 105]), .content([0, 0, 0]), file("/core"), link("/var/log/current", to: "a"),
            link("/etc", to: "/var/log"), .end,
        ]
        for entry in entries { #expect(receiver.take(entry) == nil) }
        #expect(receiver.isComplete)
        #expect(
            try world.listing() == [
                "core", "etc -> var/log", "var", "var/log", "var/log/a", "var/log/current -> a",
            ])
        #expect(world.read("machine/files/var/log/a") == "hi\0\0\0")
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(world.folder)/var/log/a")
        // Neither set-user-ID nor writable for others, and as old as it was.
        #expect(attributes[.posixPermissions] as? Int == 0o755)
        #expect((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == 1.5)
    }

    @Test(arguments: [
        "../victim", "victim", "/../victim", "/a/../../victim", "/..", "", "/a\0b",
        "/" + String(repeating: "x", count: 256),
        "/" + String(repeating: "x/", count: 1024), "/\u{301}/../../victim",
    ])
    func pathsOutsideAreRefused(path: String) throws {
        let world = try World()
        let receiver = try receiver(world)
        for entry in [file(path), link(path, to: "a"), .folder(path: Array(path.utf8), mode: 0, changed: 0)] {
            #expect(receiver.take(entry)?.contains("is no path of a file to copy") == true)
            _ = receiver.take(.content([120]))
        }
        #expect(receiver.take(.end) == nil)
        #expect(try world.listing() == [])
        #expect(world.read("victim") == "untouched")
    }

    /// Links lead to what is in the folder, and nothing is written through them.
    @Test func linksDoNotLeadOut() throws {
        let world = try World()
        let receiver = try receiver(world)
        let links = [
            ("/up", "../../../.."), ("/a/b/c", "../../../../../victim"), ("/abs", "/etc/passwd"),
            ("/self", "self"),
            ("/tricky", "a/b/../../../victim"), ("/dot", "."), ("/bad", "x\0y"),
        ]
        for (path, target) in links { _ = receiver.take(link(path, to: target)) }
        #expect(
            try world.listing() == [
                "a", "a/b", "a/b/c -> ../../victim", "abs -> etc/passwd", "dot -> .", "self -> self",
                "tricky -> victim", "up -> .",
            ])
        #expect(receiver.omittedLinks == 1)
        for path in ["/up/victim", "/dot/x", "/a/b/c", "/a/b/c/x", "/abs"] {
            #expect(receiver.take(file(path))?.hasPrefix("cannot write \(path)") == true)
            _ = receiver.take(.content([120]))
        }
        _ = receiver.take(.end)
        #expect(try world.listing().count == 8)
        #expect(world.read("victim") == "untouched")
    }

    @Test func aFileIsWrittenOnce() throws {
        let world = try World()
        let receiver = try receiver(world)
        _ = receiver.take(file("/a"))
        _ = receiver.take(.content([49]))
        #expect(receiver.take(file("/a")) == "cannot write /a: File exists")
        _ = receiver.take(.content([50]))
        _ = receiver.take(.end)
        #expect(world.read("machine/files/a") == "1")
    }

    @Test func theSizeIsBounded() throws {
        let world = try World()
        let receiver = try receiver(world)
        _ = receiver.take(file("/a"))
        #expect(receiver.take(.content([UInt8](repeating: 49, count: 999))) == nil)
        #expect(
            receiver.take(.content([50, 51]))
                == "more bytes are not copied: the end of /a; what comes after it is missing")
        #expect(receiver.take(.content([52])) == nil)
        #expect(receiver.take(file("/b")) == nil)
        #expect(receiver.take(.end) == nil)
        #expect(receiver.isComplete)
        #expect(try world.listing() == ["a"])
        #expect(world.read("machine/files/a")?.utf8.count == 1000)
    }

    @Test func theNumberIsBounded() throws {
        let world = try World()
        let receiver = try receiver(world, entries: 3)
        let problems = (0..<10).compactMap { receiver.take(file("/\($0)")) }
        #expect(problems == ["more than 3 files are not copied: /3; what comes after it is missing"])
        #expect(try world.listing().count == 3)
    }

    /// What goes wrong again and again is reported some times only.
    @Test func problemsAreBounded() throws {
        let world = try World()
        let receiver = try receiver(world)
        #expect((0..<1000).compactMap { _ in receiver.take(file("../x")) }.count == 20)
    }

    /// In a part of the tree links may lead to that part only.
    @Test func aScopeBoundsLinks() throws {
        let world = try World()
        let paths = ["/srv", "/srv/app"].compactMap { GuestPath($0) }
        let receiver = try FileReceiver(
            folder: world.folder, base: paths[0], scope: paths[1], limits: .init(bytes: 10, entries: 10))
        _ = receiver.take(link("/srv/app/in", to: "/srv/app/x/y"))
        _ = receiver.take(link("/srv/app/out", to: "../other"))
        _ = receiver.take(link("/srv/app/deep/up", to: "../in"))
        #expect(receiver.take(file("/etc/passwd")) != nil)
        #expect(try world.listing() == ["app", "app/deep", "app/deep/up -> ../in", "app/in -> x/y"])
        #expect(receiver.omittedLinks == 1)
    }
}
