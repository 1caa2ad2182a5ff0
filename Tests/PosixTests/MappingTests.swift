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

/// Threads claim places in the table of guarded ranges side by side; each range stays guarded.
@Test func guardsHoldWhenManyThreadsMap() async throws {
    try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
            group.addTask {
                var wrong = 0
                for _ in 0..<50 {
                    let folder = Folder()
                    let file = try file(in: folder)
                    let mapping = try Mapping(file, offset: 0, length: 3 * page)
                    _ = ftruncate(file.number, 0)
                    if unsafe mapping.bytes[page] != 0 { wrong += 1 }
                }
                return wrong
            }
        }
        for try await wrong in group { #expect(wrong == 0) }
    }
}
