internal import CAlmanac

extension Posix {
    /// Whether `bytes` has all of `sought` in a row, as fast as the C library finds it.
    package static func contains(_ bytes: [UInt8], _ sought: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe sought.withUnsafeBytes { sought in
                unsafe calmanac_contains(bytes.baseAddress, bytes.count, sought.baseAddress, sought.count)
            }
        }
    }
}
