internal import CAlmanac

/// zlib: compression as fast as it can.
package enum Compression {
    /// `bytes` in zlib's format (RFC 1950).
    package static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let capacity = calmanac_compress_bound(bytes.count)
        // The room outlives the call; what was written is initialized.
        return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { room, count in
            count = unsafe bytes.withUnsafeBytes {
                unsafe calmanac_compress($0.baseAddress, $0.count, room.baseAddress, capacity)
            }
            precondition(count > 0, "zlib needs more room than it says")
        }
    }

    /// The `count` bytes that were compressed; nil if `bytes` are damaged or others.
    package static func uncompress(_ bytes: [UInt8], count: Int) -> [UInt8]? {
        var isGood = false
        // The room outlives the call; it counts as initialized only if all of it was written.
        let result = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, written in
            isGood = unsafe bytes.withUnsafeBytes {
                unsafe calmanac_uncompress($0.baseAddress, $0.count, room.baseAddress, count)
            }
            written = isGood ? count : 0
        }
        return isGood ? result : nil
    }

    /// Adler-32 (RFC 1950).
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        // The pointer is used only inside the call.
        unsafe bytes.withUnsafeBytes { unsafe calmanac_checksum($0.baseAddress, $0.count) }
    }
}
