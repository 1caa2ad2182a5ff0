internal import CAlmanac
internal import Glibc
package import SystemPackage

/// An open file descriptor that is closed exactly once.
package struct Descriptor: ~Copyable {
    /// The number, for calls that borrow the descriptor. It stays owned by this value.
    package let number: CInt

    /// Takes ownership of `number`: nothing else may close it.
    package init(owning number: CInt) {
        precondition(number >= 0, "a descriptor is not negative")
        self.number = number
    }

    /// Closes the descriptor now.
    package consuming func close() {}

    deinit {
        _ = Glibc.close(number)
    }

    /// Reads up to `buffer.count` bytes; 0 is the end of the stream.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try Posix.retrying { unsafe Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Writes up to `buffer.count` bytes and says how many were taken.
    package func write(_ buffer: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try Posix.retrying { unsafe Glibc.write(number, buffer.baseAddress, buffer.count) }
    }

    /// Writes all bytes, however many calls it takes. For files, not for non-blocking sockets.
    package func writeAll(_ bytes: [UInt8]) throws(Errno) {
        var done = 0
        while done < bytes.count {
            // The pointer is used only inside the call.
            let result = unsafe bytes.withUnsafeBytes { buffer -> Result<Int, Errno> in
                Result { () throws(Errno) in
                    unsafe try write(UnsafeRawBufferPointer(rebasing: buffer[done...]))
                }
            }
            done += try result.get()
        }
    }

    /// Reads `count` bytes of a file at `offset`; bytes beyond its end are zero.
    package func read(_ count: Int, at offset: UInt64) throws(Errno) -> [UInt8] {
        let bytes = try readUpTo(count, at: offset)
        return bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }

    /// Reads up to `count` bytes of a file at `offset`: fewer at its end.
    package func readUpTo(_ count: Int, at offset: UInt64) throws(Errno) -> [UInt8] {
        var failure: Errno?
        // Not zeroed first: a small file costs no more memory than it has bytes. What was read is initialized.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, done in
            do throws(Errno) {
                while done < count {
                    let read = try Posix.retrying {
                        unsafe pread(number, room.baseAddress! + done, count - done, off_t(offset) + done)
                    }
                    if read == 0 { break }
                    done += read
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all bytes into a file at `offset`.
    package func write(_ bytes: [UInt8], at offset: UInt64) throws(Errno) {
        var done = 0
        while done < bytes.count {
            // The pointer is used only inside the call.
            let result = unsafe bytes.withUnsafeBytes { room in
                Result { () throws(Errno) in
                    try Posix.retrying {
                        unsafe pwrite(
                            number, room.baseAddress! + done, bytes.count - done, off_t(offset) + done)
                    }
                }
            }
            done += try result.get()
        }
    }

    /// Bytes of the file.
    package var size: UInt64 {
        get throws(Errno) {
            var status = stat()
            let number = number
            _ = try Posix.retrying { unsafe Int(fstat(number, &status)) }
            return UInt64(clamping: status.st_size)
        }
    }

    /// Makes a file `size` bytes long; a new part is zero and takes no space.
    package func resize(to size: UInt64) throws(Errno) {
        _ = try Posix.retrying { Int(ftruncate(number, off_t(size))) }
    }

    /// Sets O_NONBLOCK.
    package func setNonBlocking() throws(Errno) {
        let flags = try Posix.retrying { Int(fcntl(number, F_GETFL)) }
        _ = try Posix.retrying { Int(fcntl(number, F_SETFL, CInt(flags) | O_NONBLOCK)) }
    }

    /// A second descriptor for the same open file.
    package func duplicate() throws(Errno) -> Descriptor {
        Descriptor(owning: CInt(try Posix.retrying { Int(fcntl(number, F_DUPFD_CLOEXEC, 3)) }))
    }
}

/// System calls that need no owning value.
package enum Posix {
    /// Makes a system call again while it is interrupted; captures errno at once.
    @inline(__always)
    static func retrying(_ call: () -> Int) throws(Errno) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            let error = Errno(rawValue: errno)
            if error != .interrupted { throw error }
        }
    }

    /// Opens a file; descriptors are always close-on-exec.
    package static func open(_ path: String, _ flags: OpenFlags) throws(Errno) -> Descriptor {
        let mode: mode_t = 0o644
        let number = try retrying { unsafe Int(Glibc.open(path, flags.rawValue | O_CLOEXEC, mode)) }
        return Descriptor(owning: CInt(number))
    }

    /// A pipe: what is written into `writing` comes out of `reading`.
    package static func pipe() throws(Errno) -> Pipe {
        var ends: [CInt] = [0, 0]
        // The array holds both numbers during the call.
        _ = try retrying {
            unsafe ends.withUnsafeMutableBufferPointer { unsafe Int(Glibc.pipe($0.baseAddress)) }
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return Pipe(reading: Descriptor(owning: ends[0]), writing: Descriptor(owning: ends[1]))
    }

    /// The two ends of a pipe.
    package struct Pipe: ~Copyable {
        package let reading: Descriptor
        package let writing: Descriptor
    }

    /// How to open a file.
    package struct OpenFlags: OptionSet, Sendable {
        package let rawValue: CInt
        package init(rawValue: CInt) { self.rawValue = rawValue }
        package static let readOnly = OpenFlags([])
        package static let readWrite = OpenFlags(rawValue: O_RDWR)
        package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
        package static let create = OpenFlags(rawValue: O_CREAT)
        package static let truncate = OpenFlags(rawValue: O_TRUNC)
        package static let append = OpenFlags(rawValue: O_APPEND)
        package static let directory = OpenFlags(rawValue: O_DIRECTORY)
        /// Names the file without opening it (O_PATH); glibc shows its number only to C that asks for GNU names.
        package static let pathOnly = OpenFlags(rawValue: calmanac_open_path)
    }

    /// A monotonic wall clock, ns. Never used for anything a guest can see.
    package static func wallNanoseconds() -> UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    /// Orphans of this process's children become its own children, so that it can reap them.
    package static func becomeSubreaper() throws(Errno) {
        _ = try retrying { Int(calmanac_set_subreaper(true)) }
    }

    /// Orphans go to init again: this process may continue, and will not reap them.
    package static func ceaseSubreaper() {
        _ = calmanac_set_subreaper(false)
    }

    /// Reaps orphans, which have exited or been killed. Call it only when no `ChildProcess` of this process is alive. Waits at
    /// most 2 s: a killed process exits at once, unless a disk operation blocks it.
    package static func reapOrphans() {
        for _ in 0..<2000 {
            switch waitpid(-1, nil, WNOHANG) {
            case 0: usleep(1000)
            case ..<0: if errno != EINTR { return }
            default: continue
            }
        }
    }

    /// Writing to a closed socket is an error of that call, not a signal.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
