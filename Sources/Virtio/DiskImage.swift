internal import Posix
package import SystemPackage

/// The file behind a disk. Data written to it survives the machine: a power loss takes only what the guest's kernel still
/// held in memory.
package final class DiskImage: Sendable {
    /// Bytes in a sector (virtio 1.2, 5.2.4).
    package static let sectorSize = 512

    private let file: Descriptor
    /// Bytes.
    package let size: UInt64
    package let isReadOnly: Bool

    /// Opens the file at `path`, or creates an empty one.
    ///
    /// - Parameter size: bytes, whole sectors.
    package init(path: String, size: UInt64) throws(Errno) {
        precondition(size % UInt64(Self.sectorSize) == 0, "a disk is whole sectors")
        file = try Posix.open(path, [.readWrite, .create])
        try file.resize(to: size)
        self.size = size
        isReadOnly = false
    }

    /// Opens the file at `path`, to which nothing is written. Sectors after its last whole one are not on the disk.
    package init(readOnly path: String) throws(Errno) {
        file = try Posix.open(path, .readOnly)
        size = try file.size / UInt64(Self.sectorSize) * UInt64(Self.sectorSize)
        isReadOnly = true
    }

    /// Whether `count` bytes from `sector` on are on the disk.
    func holds(_ count: Int, at sector: UInt64) -> Bool {
        let sectors = size / UInt64(Self.sectorSize)
        return sector <= sectors && UInt64(count) <= (sectors - sector) * UInt64(Self.sectorSize)
    }

    func read(_ count: Int, at sector: UInt64) throws(Errno) -> [UInt8] {
        try file.read(count, at: sector * UInt64(Self.sectorSize))
    }

    func write(_ bytes: [UInt8], at sector: UInt64) throws(Errno) {
        try file.write(bytes, at: sector * UInt64(Self.sectorSize))
    }
}
