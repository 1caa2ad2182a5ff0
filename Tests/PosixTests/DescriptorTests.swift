import Glibc
import Posix
import SystemPackage
import Testing

/// A file of this name is open here, by nobody else: tests run side by side, so counting all descriptors would count
/// theirs.
private func openCount(_ path: String) -> Int {
    (0..<1024).count { target(of: $0) == path }
}

@Test func closesExactlyOnce() throws {
    let folder = Folder()
    let path = folder.path + "/file"
    do {
        let file = try Posix.open(path, [.readWrite, .create])
        #expect(openCount(path) == 1)
        let second = try file.duplicate()
        #expect(openCount(path) == 2)
        second.close()
        #expect(openCount(path) == 1)
        #expect(target(of: file.number) == path)
    }
    #expect(openCount(path) == 0)
}

@Test func writesAllAndReadsItBack() throws {
    let folder = Folder()
    let path = folder.path + "/file"
    let file = try Posix.open(path, [.writeOnly, .create, .truncate])
    try file.writeAll(Array("twelve bytes".utf8))
    try file.writeAll([])
    #expect(contents(of: path) == "twelve bytes")
    #expect(try Posix.open(path, .readOnly).duplicate().text() == "twelve bytes")
}

@Test func descriptorsAreNotInherited() throws {
    let file = try Posix.open("/dev/null", .readOnly)
    let second = try file.duplicate()
    #expect(fcntl(file.number, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(second.number, F_GETFD) & FD_CLOEXEC != 0)
}

@Test func anErrorIsTheKernels() {
    #expect(throws: Errno.noSuchFileOrDirectory) { _ = try Posix.open("/nonexistent/file", .readOnly) }
}

@Test func aNonBlockingDescriptorDoesNotWait() throws {
    let pair = try UnixSocket.pair()
    try pair.first.setNonBlocking()
    #expect(pair.first.text() == nil)
}
