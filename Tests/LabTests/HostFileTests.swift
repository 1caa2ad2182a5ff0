import Foundation
import Posix
import Testing

@testable import Lab

/// The list of the host's files that a run has read: how it is noted, made and compared.
struct HostFileTests {
    /// A folder of files whose times are a day old.
    final class Files {
        let path = NSTemporaryDirectory() + "almanac-files-\(UUID().uuidString)"

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Writes a file; its path.
        @discardableResult
        func write(_ text: String, _ name: String, age: TimeInterval = 86400) throws -> String {
            let file = "\(path)/\(name)"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file)
            return file
        }

        /// A record of a file as it is now.
        func record(_ name: String) throws -> [UInt8] {
            let status = try FileStatus(of: "\(path)/\(name)")
            return HostFileLog.record(
                .init(path: "\(path)/\(name)", size: status.size, modified: status.modified))
        }

        /// The list that a run makes which has opened these.
        func list(_ names: [String]) throws -> HostFileList {
            HostFileList(HostFileLog(try names.flatMap(record)), without: "/nowhere") { path, _ in
                FileHashes.hash(ofFile: path)
            }
        }
    }

    @Test func logIsReadAsItWasWritten() {
        let entries = [
            HostFileLog.Entry(path: "/bin/sh", size: 0, modified: 0),
            HostFileLog.Entry(path: "/a b\n\u{e9}", size: .max, modified: -1),
        ]
        let log = HostFileLog((entries + entries).flatMap(HostFileLog.record))
        #expect(log.entries == entries)
        #expect(log.changing.isEmpty && !log.isIncomplete)
    }

    /// The format that Kernel/files.c writes.
    @Test func recordIsTwoNumbersAndAPath() {
        let record = HostFileLog.record(.init(path: "/x", size: 255, modified: 16))
        #expect(record == Array("00000000000000ff0000000000000010/x\0".utf8))
        #expect(HostFileLog(Array("00000000000000ff0000000000000010\0".utf8)).isIncomplete)
    }

    @Test func whatIsNoRecordIsLeftOut() {
        let good = HostFileLog.record(.init(path: "/x", size: 1, modified: 2))
        let torn = Array("0000000000".utf8) + [0] + Array("00000000000000ff0000000000000010x\0".utf8)
        // Not UTF-8.
        let odd = Array(good.dropLast()) + [0xff, 0]
        #expect(HostFileLog(odd).entries.isEmpty)
        #expect(HostFileLog(torn + good + [0, 0] + Array("zz".utf8)).entries.map(\.path) == ["/x"])
    }

    @Test func aFileThatWasOpenedTwiceAndChangedHasNoHash() throws {
        let files = try Files()
        let path = try files.write("one", "a")
        let earlier = try files.record("a")
        try files.write("three", "a")
        let log = HostFileLog(earlier + (try files.record("a")))
        #expect(log.changing == [path])
        let list = HostFileList(log, without: "/nowhere") { _, _ in 1 }
        #expect(list.files.map(\.hash) == [nil])
        #expect(list.changes() == ["\(path) differs from the run"])
    }

    @Test func listIsSortedWithoutTheRunFolder() throws {
        let files = try Files()
        for name in ["b", "a", "c"] { try files.write(name, name) }
        let records = try ["b", "a", "c"].flatMap(files.record)
        let own = HostFileLog.record(.init(path: "/run/folder/lab.yaml", size: 1, modified: 1))
        let list = HostFileList(HostFileLog(records + own), without: "/run/folder")
        #expect(list.files.map(\.path) == ["a", "b", "c"].map { "\(files.path)/\($0)" })
    }

    @Test func whatChangedIsNamed() throws {
        let files = try Files()
        let names = ["changed", "gone", "longer", "same", "touched"]
        for name in names { try files.write(name, name) }
        let list = try files.list(names)
        #expect(list.changes() == [])
        try files.write("CHANGED", "changed", age: 10)
        try files.write("longer than it was", "longer", age: 86400)
        try files.write("touched", "touched", age: 10)
        try FileManager.default.removeItem(atPath: "\(files.path)/gone")
        #expect(
            list.changes() == [
                "\(files.path)/changed differs from the run", "\(files.path)/gone is gone since the run",
                "\(files.path)/longer differs from the run",
            ])
    }

    @Test func ofManyChangesTheFirstAreNamed() throws {
        let files = try Files()
        let names = (10..<33).map(String.init)
        for name in names { try files.write(name, name) }
        var list = try files.list(names)
        for name in names { try FileManager.default.removeItem(atPath: "\(files.path)/\(name)") }
        let lines = list.changes()
        #expect(lines.count == HostFileList.mostChanges + 1)
        #expect(lines.last == "3 more host files differ from the run")
        list.files.removeLast(2)
        list.isIncomplete = true
        #expect(
            list.changes().suffix(2) == [
                "1 more host file differs from the run",
                "a machine of the run opened more host files than its list holds",
            ])
    }

    @Test func aKilledRunHasItsLog() throws {
        let files = try Files()
        #expect(HostFileList(ofRun: files.path) == nil)
        let other = try Files()
        let path = try other.write("x", "x")
        try Data(try other.record("x")).write(to: URL(fileURLWithPath: "\(files.path)/host-files.log"))
        #expect(HostFileList(ofRun: files.path)?.files.map(\.path) == [path])
        #expect(HostFileList(ofRun: files.path)?.files.map(\.hash) == [nil])
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(files.path)/host-files.json"))
        #expect(HostFileList(ofRun: files.path) == nil)
    }

    @Test func hashIsThatOfTheContents() throws {
        let files = try Files()
        // A piece, and a byte less and more.
        let hashes = try [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 0].map { count in
            FileHashes.hash(ofFile: try files.write(String(repeating: "x", count: count), "x"))
        }
        #expect(Set(hashes).count == 4 && !hashes.contains(nil))
        #expect(FileHashes.hash(ofFile: "\(files.path)/none") == nil)
    }

    @Test func hashesAreKept() throws {
        let files = try Files()
        let kept = "\(files.path)/cache/host-files"
        // Times of a change cannot be set: an old file of the host.
        let path = "/etc/passwd"
        let status = try FileStatus(of: path)
        var hashes = FileHashes(keptIn: kept)
        let hash = hashes.hash(of: path, status)
        #expect(hash == FileHashes.hash(ofFile: path))
        // Where there is no cache none is made.
        hashes.save()
        #expect(!FileManager.default.fileExists(atPath: kept))
        try FileManager.default.createDirectory(
            atPath: "\(files.path)/cache", withIntermediateDirectories: false)
        hashes.save()
        var data = try Data(contentsOf: URL(fileURLWithPath: kept))
        #expect(data.count == 16)
        // What is kept counts, so the file is not read again.
        data[8] ^= 1
        try data.write(to: URL(fileURLWithPath: kept))
        var again = FileHashes(keptIn: kept)
        let found = again.hash(of: path, status)
        #expect(found == hash.map { $0 ^ 1 })
        // A file that changed just now is hashed, and its hash is not kept.
        let new = try files.write("new", "new")
        let newHash = again.hash(of: new, try FileStatus(of: new))
        #expect(newHash == FileHashes.hash(ofFile: new))
        again.save()
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == data)
        // A damaged file begins again.
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: kept))
        var fresh = FileHashes(keptIn: kept)
        let foundAgain = fresh.hash(of: path, status)
        #expect(foundAgain == hash)
        fresh.save()
        #expect(try Data(contentsOf: URL(fileURLWithPath: kept)).count == 16)
    }

    @Test func aKernelWithoutBuildIDHasAHash() throws {
        let files = try Files()
        let script = try files.write("#!/bin/sh\n", "linux")
        let first = RunSetup.Kernel(at: script)
        #expect(first.buildID == nil && first.hash != nil)
        try files.write("#!/bin/sh\nexit\n", "linux")
        #expect(RunSetup.Kernel(at: script).hash != first.hash)
        #expect(RunSetup.Kernel(at: "/bin/sh").hash == nil)
    }
}
