internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A shared, writable mapping of a file, unmapped exactly once. If whoever shares the file cuts it shorter, the pages
/// cut off read as zero here.
@safe
package struct Mapping: ~Copyable {
    /// The mapped bytes. Whoever shares the file may change them at any time.
    package let bytes: UnsafeMutableRawBufferPointer
    private let isGuarded: Bool

    /// Maps all of a sealed memory. Its size cannot change, so it needs no guard.
    package init(_ memory: borrowing SealedMemory) throws(Errno) {
        let address = unsafe mmap(
            nil, memory.length, PROT_READ | PROT_WRITE, MAP_SHARED, memory.descriptor.number, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw Errno(rawValue: errno)
        }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: address, count: memory.length)
        isGuarded = false
    }

    /// Maps `length` bytes of the file from `offset`, which must be a multiple of the page size. A file shorter than
    /// that is refused (`.invalidArgument`): touching memory beyond its end would be a signal.
    package init(_ file: borrowing Descriptor, offset: UInt64, length: Int) throws(Errno) {
        let number = file.number
        var status = stat()
        _ = try Posix.retrying { unsafe Int(fstat(number, &status)) }
        let (end, overflow) = offset.addingReportingOverflow(UInt64(clamping: length))
        guard length > 0, !overflow, offset <= UInt64(Int.max), UInt64(clamping: status.st_size) >= end else {
            throw .invalidArgument
        }
        let address = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, number, Int(offset))
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw Errno(rawValue: errno)
        }
        guard unsafe calmanac_guard_range(address, length) == 0 else {
            unsafe munmap(address, length)
            throw .noMemory
        }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: address, count: length)
        isGuarded = true
    }

    /// How often, in this process, pages that were cut off a mapped file have been replaced by zeroes.
    package static var cuts: UInt64 { calmanac_cuts() }

    /// Pages of this mapping have been: what they held is lost, for this process.
    package var isCut: Bool { isGuarded && (unsafe calmanac_range_is_cut(bytes.baseAddress)) }

    /// Loads a value that another process may store, with acquire ordering.
    package func loadAcquire<Value: BitwiseCopyable & FixedWidthInteger>(_ type: Value.Type, at offset: Int)
        -> Value
    {
        let place = unsafe place(offset, MemoryLayout<Value>.size)
        return switch MemoryLayout<Value>.size {
        case 2: unsafe Value(truncatingIfNeeded: calmanac_load_acquire_u16(place))
        case 4: unsafe Value(truncatingIfNeeded: calmanac_load_acquire_u32(place))
        case 8: unsafe Value(truncatingIfNeeded: calmanac_load_acquire_u64(place))
        default: preconditionFailure("no such atomic")
        }
    }

    /// Stores a value that another process may load, with release ordering.
    package func storeRelease<Value: BitwiseCopyable & FixedWidthInteger>(_ value: Value, at offset: Int) {
        let place = unsafe place(offset, MemoryLayout<Value>.size)
        switch MemoryLayout<Value>.size {
        case 2: unsafe calmanac_store_release_u16(place, UInt16(truncatingIfNeeded: value))
        case 4: unsafe calmanac_store_release_u32(place, UInt32(truncatingIfNeeded: value))
        case 8: unsafe calmanac_store_release_u64(place, UInt64(truncatingIfNeeded: value))
        default: preconditionFailure("no such atomic")
        }
    }

    private func place(_ offset: Int, _ size: Int) -> UnsafeMutableRawPointer {
        let count = unsafe bytes.count
        precondition(offset >= 0 && offset % size == 0 && offset <= count - size, "no such place")
        // The range was just checked.
        return unsafe bytes.baseAddress! + offset
    }

    deinit {
        if isGuarded { unsafe calmanac_unguard_range(bytes.baseAddress) }
        unsafe _ = munmap(bytes.baseAddress, bytes.count)
    }
}

/// Zeroed memory to share, whose size cannot change (memfd, sealed).
package struct SealedMemory: ~Copyable {
    package let descriptor: Descriptor
    /// Bytes.
    package let length: Int

    /// - Parameter name: shown in the process's list of mappings.
    package init(name: String, length: Int) throws(Errno) {
        descriptor = Descriptor(
            owning: CInt(try Posix.retrying { unsafe Int(calmanac_sealed_memory(name, length)) }))
        self.length = length
    }
}
