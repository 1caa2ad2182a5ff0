import FoundationEssentials
import Glibc
import Posix
import SystemPackage
import Testing

private let page = 4096

/// A file of three pages, each byte 7.
private func file(in folder: borrowing Folder) throws -> Descriptor {
    let file = try Posix.open(folder.path + "/memory", [.readWrite, .create])
    try file.writeAll(Array(repeating: 7, count: 3 * page))
    return file
}

@Test func mapsAndWritesThrough() throws {
    let folder = Folder()
    let file = try file(in: folder)
    do {
        let mapping = try Mapping(file, offset: UInt64(page), length: 2 * page)
        let (first, last, count) = unsafe (mapping.bytes[0], mapping.bytes[2 * page - 1], mapping.bytes.count)
        #expect((first, last, count) == (7, 7, 2 * page))
        unsafe mapping.bytes[1] = 65
    }
    var byte: UInt8 = 0
    #expect(unsafe pread(file.number, &byte, 1, page + 1) == 1)
    #expect(byte == 65)
}

private let wrongRanges: [(UInt64, Int)] = [
    (0, 12289), (4096, 12288), (0, 0), (0, -1), (.max, 1), (1, 4096), (1 << 63, 1),
]

@Test(arguments: wrongRanges)
func refusesWhatTheFileDoesNotHold(offset: UInt64, length: Int) throws {
    let folder = Folder()
    let file = try file(in: folder)
    #expect(throws: Errno.invalidArgument) { _ = try Mapping(file, offset: offset, length: length) }
}

@Test func aFileCutShortReadsAsZeroAndEndsNothing() throws {
    let folder = Folder()
    let file = try file(in: folder)
    for round in 0..<3 {
        let mapping = try Mapping(file, offset: 0, length: 3 * page)
        #expect(ftruncate(file.number, page) == 0)
        let bytes = unsafe (mapping.bytes[0], mapping.bytes[page], mapping.bytes[3 * page - 1])
        #expect(bytes == (7, 0, 0), "round \(round)")
        unsafe mapping.bytes[2 * page] = 1
        let written = unsafe mapping.bytes[2 * page]
        #expect(written == 1)
        #expect(ftruncate(file.number, 3 * page) == 0)
    }
}

/// Many mappings in one process.
private final class Mappings {
    private(set) var all: [Box] = []

    final class Box {
        let mapping: Mapping
        init(_ mapping: consuming Mapping) { self.mapping = mapping }
    }

    func add(_ file: borrowing Descriptor) throws(Errno) {
        all.append(Box(try Mapping(file, offset: 0, length: 3 * page)))
    }

    func remove(at index: Int) { all.remove(at: index) }
}

/// There were places for 1024 once.
@Test func thousandsOfMappingsAreGuarded() throws {
    let folder = Folder()
    let file = try file(in: folder)
    let mappings = Mappings()
    for _ in 0..<5000 { try mappings.add(file) }
    for index in stride(from: 4998, through: 0, by: -2) { mappings.remove(at: index) }
    for _ in 0..<500 { try mappings.add(file) }
    let before = Mapping.cuts
    #expect(ftruncate(file.number, page) == 0)
    for (index, box) in mappings.all.enumerated() {
        let isCutBefore = box.mapping.isCut
        let bytes = unsafe (
            box.mapping.bytes[0], box.mapping.bytes[page], box.mapping.bytes[3 * page - 1]
        )
        #expect(bytes == (7, 0, 0), "mapping \(index)")
        #expect(!isCutBefore && box.mapping.isCut)
    }
    #expect(Mapping.cuts >= before + 3000)
}

/// A process has 65,530 mappings by default. Pages that are cut off use none: else a guest could use them all up.
@Test func cutPagesUseNoMappings() throws {
    let folder = Folder()
    let file = try Posix.open(folder.path + "/memory", [.readWrite, .create])
    let pages = 200_000
    try file.resize(to: UInt64(pages * page))
    let mapping = try Mapping(file, offset: 0, length: pages * page)
    #expect(ftruncate(file.number, 0) == 0)
    func mappings() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        return text.split(separator: "\n").count
    }
    let before = try mappings()
    var sum = 0
    for index in stride(from: pages - 1, through: 0, by: -2) {
        unsafe sum += Int(mapping.bytes[index * page])
    }
    #expect(sum == 0)
    #expect(try mappings() < before + 100)
    unsafe mapping.bytes[5 * page] = 1
    let first = unsafe mapping.bytes[0]
    let written = unsafe mapping.bytes[5 * page]
    #expect((first, written) == (0, 1))
}

/// Threads change the set of guarded ranges side by side while handlers read it; each range stays guarded.
@Test func guardsHoldWhenManyThreadsMap() async throws {
    try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
            group.addTask {
                var wrong = 0
                let folder = Folder()
                let others = try PosixTests.file(in: folder)
                let mappings = Mappings()
                for round in 0..<100 {
                    let folder = Folder()
                    let file = try file(in: folder)
                    let mapping = try Mapping(file, offset: 0, length: 3 * page)
                    try mappings.add(others)
                    if round % 3 == 2 { mappings.remove(at: round / 3) }
                    _ = ftruncate(file.number, 0)
                    if unsafe mapping.bytes[page] != 0 { wrong += 1 }
                }
                _ = ftruncate(others.number, 0)
                for box in mappings.all where unsafe box.mapping.bytes[page] != 0 { wrong += 1 }
                return wrong
            }
        }
        for try await wrong in group { #expect(wrong == 0) }
    }
}
