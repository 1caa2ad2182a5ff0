import Foundation
import Testing

@testable import Lab

/// Disks that mke2fs makes from folders are read without mounting them.
struct KeptDiskTests {
    final class World {
        let path = NSTemporaryDirectory() + "almanac-disk-\(UInt32.random(in: 0 ... .max))"
        var image: String { "\(path)/disk.img" }
        var out: String { "\(path)/out" }

        init() throws {
            for folder in ["root/upper/var/lib/app/deep", "out"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
            }
        }

        /// A file of the upper layer.
        func write(_ data: Data, to name: String) throws {
            try data.write(to: URL(fileURLWithPath: "\(path)/root/upper/\(name)"))
        }

        func link(_ name: String, to target: String) throws {
            try FileManager.default.createSymbolicLink(
                atPath: "\(path)/root/upper/\(name)", withDestinationPath: target)
        }

        func run(_ program: String, _ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "\(program) \(arguments)")
        }

        func makeDisk(blockSize: Int = 4096) throws {
            try run("/usr/bin/truncate", ["-s", "64M", image])
            try run(
                "/sbin/mke2fs", ["-q", "-F", "-t", "ext4", "-b", "\(blockSize)", "-d", "\(path)/root", image])
        }

        func open() throws -> KeptDisk { try KeptDisk(path: image, scratch: path) }

        /// Copies what is at a path to `out`, and returns its bytes.
        func copy(_ text: String) throws -> Data? {
            let disk = try open()
            let path = try #require(GuestPath(text))
            guard case .found(let inode, let real) = try disk.find(path) else { return nil }
            let receiver = try FileReceiver(folder: out, limits: .artifacts)
            try disk.copy(inode, at: real) { entry in
                #expect(receiver.take(entry) == nil)
                return true
            }
            #expect(receiver.take(.end) == nil)
            return FileManager.default.contents(atPath: out + real.description)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private static func noise(_ count: Int) -> Data {
        var value: UInt32 = 7
        return Data(
            (0..<count).map { _ in
                value = value &* 1_664_525 &+ 1_013_904_223
                return UInt8(truncatingIfNeeded: value >> 24)
            })
    }

    @Test(arguments: [1024, 4096]) func filesComeOut(blockSize: Int) throws {
        let world = try World()
        let long = Self.noise(3_000_001)
        try world.write(long, to: "var/lib/app/long")
        try world.write(Data(), to: "var/lib/app/empty")
        // More than a block of names.
        for number in 0..<500 {
            try world.write(Data([1]), to: "var/lib/app/deep/a-rather-long-name-\(number)")
        }
        try world.link("var/lib/app/link", to: "/var/lib/app/deep/../long")
        let target = String(repeating: "x", count: 200)
        try world.link("var/lib/app/longlink", to: target)
        try world.makeDisk(blockSize: blockSize)
        #expect(try world.copy("/var/lib/app/link") == long)
        #expect(try world.copy("/var/lib/app/empty") == Data())
        try FileManager.default.removeItem(atPath: world.out)
        try FileManager.default.createDirectory(atPath: world.out, withIntermediateDirectories: true)
        _ = try world.copy("/var/lib/app")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(world.out)/var/lib/app/deep")
        #expect(names.count == 500)
        #expect(FileManager.default.contents(atPath: "\(world.out)/var/lib/app/long") == long)
        let link = try FileManager.default.destinationOfSymbolicLink(
            atPath: "\(world.out)/var/lib/app/longlink")
        #expect(link == target)
    }

    /// Long runs of zeros are holes, here and there.
    @Test func holesAreZeros() throws {
        let world = try World()
        let data = Data(count: 300_000) + Self.noise(5000) + Data(count: 2_000_000) + Self.noise(10)
        try world.write(data, to: "var/lib/app/holes")
        try world.makeDisk()
        #expect(try world.copy("/var/lib/app/holes") == data)
    }

    @Test func patternsMatch() throws {
        let world = try World()
        for name in ["one.log", "two.log", ".hidden.log", "three.txt"] {
            try world.write(Data([1]), to: "var/lib/app/\(name)")
        }
        try world.makeDisk()
        let disk = try world.open()
        func matches(_ pattern: String) throws -> [String] {
            try disk.matches(of: try #require(GuestPath(pattern))).map(\.path.description)
        }
        #expect(try matches("/var/lib/app/*.log") == ["/var/lib/app/one.log", "/var/lib/app/two.log"])
        #expect(try matches("/*/lib/a?p/t[hw]*") == ["/var/lib/app/three.txt", "/var/lib/app/two.log"])
        #expect(try matches("/var/lib/app/.*") == ["/var/lib/app/.hidden.log"])
        #expect(try matches("/var/lib/app") == ["/var/lib/app"])
        #expect(try matches("/nothing/*") == [])
    }

    @Test func whatIsNotThere() throws {
        let world = try World()
        try world.link("var/lib/loop", to: "loop")
        try world.makeDisk()
        let disk = try world.open()
        func lookup(_ path: String) throws -> String {
            switch try disk.find(try #require(GuestPath(path))) {
            case .found(_, let path): "found \(path)"
            case .deleted(let path): "deleted \(path)"
            case .missing(let path): "missing \(path)"
            case .inMemory(let folder): "in memory \(folder)"
            }
        }
        #expect(try lookup("/var/lib/./app/") == "found /var/lib/app")
        #expect(try lookup("/var/lib/app/no/where") == "missing /var/lib/app/no/where")
        #expect(try lookup("/var/lib/loop") == "missing /var/lib/loop")
        #expect(try lookup("/var/log/x") == "in memory /var/log")
        #expect(try lookup("/") == "found /")
    }

    /// Whatever a machine wrote to its disk: reading it ends, with an error or without, and nothing traps.
    @Test func damagedDisksAreErrors() throws {
        let world = try World()
        try world.write(Self.noise(100_000), to: "var/lib/app/file")
        try world.makeDisk(blockSize: 1024)
        let handle = try #require(FileHandle(forUpdatingAtPath: world.image))
        // What holds the file system's own data, but for its state, which stays clean: e2fsck would repair it.
        let good = [UInt8](try handle.read(upToCount: 1 << 20) ?? Data())
        let used = good.indices.filter { $0 >= 1024 && good[$0] != 0 && $0 != 1024 + 0x3a }
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var state = seed | 1
        func random(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        func write(_ byte: UInt8, _ place: Int) throws {
            try handle.seek(toOffset: UInt64(place))
            try handle.write(contentsOf: Data([byte]))
        }
        var errors = 0
        for _ in 0..<100 {
            let changes = (0...random(8)).map { _ in (used[random(used.count)], UInt8(random(256))) }
            for (place, byte) in changes { try write(byte, place) }
            defer { for (place, _) in changes { try? write(good[place], place) } }
            do {
                let disk = try world.open()
                var count = 0
                for match in try disk.matches(of: GuestPath("/*/*/*")!) {
                    try disk.copy(match.inode, at: match.path) { _ in
                        count += 1
                        return count < 10_000
                    }
                }
            } catch {
                errors += 1
            }
        }
        #expect(errors < 100)
    }

    @Test func whatIsNoDisk() throws {
        let world = try World()
        try Data(count: 4096).write(to: URL(fileURLWithPath: world.image))
        #expect(throws: RunError.self) { try world.open() }
        try Data().write(to: URL(fileURLWithPath: world.image))
        #expect(throws: RunError.self) { try world.open() }
    }
}
