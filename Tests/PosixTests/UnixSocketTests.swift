import Foundation
import Glibc
import Posix
import SystemPackage
import Testing

private func send(_ text: String, to socket: borrowing Descriptor, with descriptors: [CInt]? = nil) throws {
    let bytes = Array(text.utf8)
    let sent = try unsafe bytes.withUnsafeBytes { buffer in
        if let descriptors {
            unsafe try UnixSocket.send(socket, buffer, descriptors: descriptors)
        } else {
            unsafe try UnixSocket.send(socket, buffer)
        }
    }
    #expect(sent == bytes.count)
}

private func receive(_ socket: borrowing Descriptor, limit: Int) throws -> (UnixSocket.Received, [CInt]) {
    var room = [UInt8](repeating: 0, count: 64)
    var numbers: [CInt] = []
    let received = try unsafe room.withUnsafeMutableBytes { buffer in
        unsafe try UnixSocket.receive(socket, into: buffer, descriptors: &numbers, limit: limit)
    }
    return (received, numbers)
}

/// In a folder with spaces; plain, in a folder deeper than `sun_path` is long, and with a name as long as a file
/// may have.
@Test(arguments: [
    "socket", String(repeating: "deep folder/", count: 20) + "socket", String(repeating: "n", count: 255),
])
func listensAtAnyPath(name: String) throws {
    let folder = Folder()
    var parent = folder.path
    for part in name.split(separator: "/").dropLast() {
        parent += "/\(part)"
        #expect(unsafe mkdir(parent, 0o755) == 0)
    }
    let path = "\(folder.path)/\(name)"
    let listener = try UnixSocket.listen(path: path)
    let client = try UnixSocket.connect(path: path)
    guard let server = try UnixSocket.accept(listener) else {
        Issue.record("nobody waits")
        return
    }
    try send("hello", to: client)
    #expect(server.text() == "hello")
    #expect(UnixSocket.peerProcess(server) == getpid())
    // The name it was bound to is gone.
    let visible = name.split(separator: "/").last.map { String($0) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == [visible])
}

/// Whoever sees the path can connect: a thread watches for it and connects at once, again and again.
@Test func appearsOnlyOnceItListens() throws {
    for _ in 0..<100 {
        let folder = Folder()
        let path = folder.path + "/socket"
        // A thread of its own: tasks may have to wait for tests that block.
        let watcher = Thread {
            while !exists(path), !Thread.current.isCancelled {}
            _ = try? UnixSocket.connect(path: path)
        }
        watcher.start()
        let listener = try UnixSocket.listen(path: path)
        #expect(try eventually { try UnixSocket.accept(listener) != nil })
        watcher.cancel()
    }
}

@Test func replacesASocketButNoFile() throws {
    let folder = Folder()
    let path = folder.path + "/socket"
    do { _ = try UnixSocket.listen(path: path) }
    #expect(exists(path))
    #expect(throws: Errno.connectionRefused) { _ = try UnixSocket.connect(path: path) }
    let listener = try UnixSocket.listen(path: path)
    _ = try UnixSocket.connect(path: path)
    #expect(try UnixSocket.accept(listener) != nil)

    let file = folder.path + "/notes"
    try Posix.open(file, [.writeOnly, .create]).writeAll(Array("precious".utf8))
    #expect(throws: Errno.fileExists) { _ = try UnixSocket.listen(path: file) }
    #expect(contents(of: file) == "precious")
}

@Test func acceptDoesNotWaitForAnybody() throws {
    let folder = Folder()
    let listener = try UnixSocket.listen(path: folder.path + "/socket")
    #expect(try UnixSocket.accept(listener) == nil)
}

@Test func holdsAWholeLabBeforeItAccepts() throws {
    let folder = Folder()
    let path = folder.path + "/socket"
    let listener = try UnixSocket.listen(path: path)
    for _ in 0..<200 { _ = try UnixSocket.connect(path: path) }
    for _ in 0..<200 { #expect(try UnixSocket.accept(listener) != nil) }
    #expect(try UnixSocket.accept(listener) == nil)
}

@Test func passesDescriptorsAlong() throws {
    let folder = Folder()
    let path = folder.path + "/file"
    let pair = try UnixSocket.pair()
    let file = try Posix.open(path, [.readWrite, .create])
    try send("two", to: pair.first, with: [file.number, file.number])
    let (received, numbers) = try receive(pair.second, limit: 2)
    #expect(received.count == 3)
    #expect(!received.descriptorsLost)
    #expect(numbers.map { target(of: $0) } == [path, path])
    for number in numbers {
        #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        Descriptor(owning: number).close()
    }
}

@Test(arguments: [0, 1, 2, 3])
func descriptorsBeyondTheLimitAreClosedAndReported(limit: Int) throws {
    let folder = Folder()
    let path = folder.path + "/file"
    let pair = try UnixSocket.pair()
    do {
        let file = try Posix.open(path, [.readWrite, .create])
        try send("four", to: pair.first, with: Array(repeating: file.number, count: 4))
    }
    let (received, numbers) = try receive(pair.second, limit: limit)
    #expect(received.count == 4)
    #expect(received.descriptorsLost)
    #expect(numbers.count == limit)
    #expect((0..<1024).count { target(of: $0) == path } == limit)
    for number in numbers { Descriptor(owning: number).close() }
}

@Test func aClosedPeerIsTheEndAndNoSignal() throws {
    let pair = try UnixSocket.pair()
    let first = try pair.first.duplicate()
    end(pair)
    #expect(first.text() == "")
    #expect(throws: Errno.brokenPipe) { try send("x", to: first) }
    #expect(throws: Errno.brokenPipe) { try send("x", to: first, with: []) }
}

private func end(_ pair: consuming UnixSocket.Pair) {}
