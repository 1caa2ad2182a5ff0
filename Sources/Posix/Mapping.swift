internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A shared, writable mapping of a file, unmapped exactly once. If whoever shares the file cuts it shorter, the pages
/// cut off read as zero here.
@safe
package struct Mapping: ~Copyable {
    /// The mapped bytes. Whoever shares the file may change them at any time.
    package let bytes: UnsafeMutableRawBufferPointer

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
    }

    deinit {
        unsafe calmanac_unguard_range(bytes.baseAddress)
        unsafe _ = munmap(bytes.baseAddress, bytes.count)
    }
}
